"""Removes old data: all of it by a command, or some at night by a tick."""

from __future__ import annotations

import zoneinfo
from collections.abc import Collection
from datetime import timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from clocks import local, shared
from contacts.people.erasures import complete_list
from foundation.fault_isolation import run_each
from foundation.refusals import Refusal
from holds.models import is_held
from retention.kinds import Kind, kinds

#: The hours of the console's time zone in which the tick works.
NIGHT = range(2, 6)
#: For how long one tick works, seconds. The next one goes on.
TICK_SECONDS = 20.0


def chosen_kinds(names: Collection[str]) -> list[Kind]:
    """Return the kinds of these names; all without a name.

    Raises:
        Refusal: there is no such kind (`kind_unknown`).
    """
    known = {kind.name: kind for kind in kinds()}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise Refusal(
            _("There is nothing called “%(name)s” to remove: choose %(known)s.")
            % {"name": unknown[0], "known": ", ".join(known)},
            code="kind_unknown",
        )
    return [known[name] for name in names] if names else list(known.values())


def count_old(*, chosen: Collection[Kind], age: timedelta | None = None) -> dict[str, int]:
    """Return how many rows of each kind would be removed.

    Args:
        chosen: the kinds.
        age: the age for all of them; None: that of each one's setting.

    Raises:
        Refusal: the age is less than the engine needs (`too_young`).
    """
    return {kind.name: kind.count(shared.wall() - found) for kind, found in _ages(chosen, age)}


def prune(*, chosen: Collection[Kind], age: timedelta | None = None) -> dict[str, int]:
    """Remove everything that is old; return how many rows of each kind were removed.

    Args, Raises: as for `count_old`.
    """
    removed: dict[str, int] = {}
    for kind, found in _ages(chosen, age):
        before = shared.wall() - found
        removed[kind.name] = 0
        while count := kind.remove_some(before):
            removed[kind.name] += count
    return removed


def prune_at_night() -> int:
    """Remove some of what is old, if it is night; return how many rows. Idempotent."""
    zone = zoneinfo.ZoneInfo(settings.TIME_ZONE)
    if is_held() or shared.wall().astimezone(zone).hour not in NIGHT:
        return 0
    complete_list()
    ends_at = local.elapsed() + TICK_SECONDS
    return sum(
        run_each(
            [kind for kind, _age in _ages(kinds(), None)],
            do=lambda kind: _remove_until(kind, ends_at),
            on_failure=lambda _kind, _problem: None,
            step="Pruning",
        )
    )


def _remove_until(kind: Kind, ends_at: float) -> int:
    age, removed = kind.age(), 0
    while age is not None and local.elapsed() < ends_at:
        count = kind.remove_some(shared.wall() - age)
        removed += count
        if not count:
            break
        local.sleep(0.05)  # runs come first
    return removed


def _ages(chosen: Collection[Kind], age: timedelta | None) -> list[tuple[Kind, timedelta]]:
    """Return the kinds that are removed, each with its age.

    Raises:
        Refusal: the given age is less than the engine needs.
    """
    if age is not None:
        for kind in chosen:
            kind.refuse_too_young(age)
        return [(kind, age) for kind in chosen]
    return [(kind, found) for kind in chosen if (found := kind.age()) is not None]
