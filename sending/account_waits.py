"""What holds accounts up: the part of "why is nothing moving?" that is about accounts.

Each account has one answer, the one that would have to go first; a run tells alike ones together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Account, Egress, Outage, Worker
from accounts.states import STOPPED_STATES, AccountState
from clocks import shared
from foundation.times import clock, span
from sending.code_meanings import code_meaning
from sending.models import Attempt
from sending.states import DeliveryState

#: What n accounts have in common, said before what holds up the first of them.
TOGETHER: dict[str, Any] = {
    AccountState.QUARANTINED: gettext_lazy("%(n)d accounts are quarantined."),
    AccountState.DISABLED: gettext_lazy("%(n)d accounts are disabled."),
    "resting": gettext_lazy("%(n)d accounts are resting."),
    "login": gettext_lazy("%(n)d accounts wait before their next login."),
    "egress": gettext_lazy("%(n)d accounts have no worker to talk through."),
    "outage": gettext_lazy("%(n)d accounts do not reach the gateway from their egress."),
    "repeating": gettext_lazy("%(n)d accounts repeat requests that got no usable answer."),
    "spent": gettext_lazy("%(n)d accounts have sent all they may for now."),
}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wait:
    """What holds one account up.

    Attributes:
        kind: a key of TOGETHER.
        sentence: for the operator.
        until: when it is over by itself, if that is known.
    """

    kind: str
    sentence: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class _World:
    """What there is around the accounts, read once for all of them."""

    now: datetime = field(default_factory=shared.now)
    serving: set[int] = field(default_factory=lambda: _serving_egresses())
    outages: dict[int, Outage] = field(default_factory=lambda: _outages())
    repeating: dict[int, Attempt] = field(default_factory=lambda: _repeating())


def find_account_waits(*, accounts: QuerySet[Account]) -> dict[str, list[Wait]]:
    """Return what holds accounts up, by kind; those that simply send are left out."""
    world = _World()
    found: defaultdict[str, list[Wait]] = defaultdict(list)
    free: list[Account] = []
    for account in accounts.select_related("lease", "egress"):
        wait = _wait_of(account, world)
        if wait is not None:
            found[wait.kind].append(wait)
        else:
            free.append(account)
    for wait in _spent(free, now=world.now):
        found[wait.kind].append(wait)
    return dict(found)


def summarise_waits(waits: list[Wait]) -> str:
    """Return the sentence for accounts that are held up alike."""
    first = min(waits, key=lambda wait: (wait.until is None, wait.until or shared.now()))
    if len(waits) == 1:
        return first.sentence
    return f"{TOGETHER[first.kind] % {'n': len(waits)}} {first.sentence}"


def _wait_of(account: Account, world: _World) -> Wait | None:
    lease = account.lease
    if account.state in STOPPED_STATES:
        return Wait(account.state, _stopped(account))
    if lease.resting_until is not None and lease.resting_until > world.now:
        return Wait("resting", _rests(account, world.now), lease.resting_until)
    if account.egress is not None and account.egress_id not in world.serving:
        return Wait("egress", _unserved(account))
    outage = world.outages.get(account.egress_id or lease.egress_id or 0)
    if outage is not None:
        return Wait("outage", _cut_off(account, outage))
    if lease.login_not_before is not None and lease.login_not_before > world.now:
        return Wait("login", _logs_in_later(account), lease.login_not_before)
    attempt = world.repeating.get(account.pk)
    if attempt is not None:
        return Wait("repeating", _repeats(account, attempt))
    return None


def _stopped(account: Account) -> str:
    return _("Account %(uin)s is %(state)s, since %(time)s: %(why)s") % {
        "uin": account.uin,
        "state": account.get_state_display(),
        "time": clock(account.state_changed_at),
        "why": account.state_detail or account.get_state_reason_display(),
    }


def _rests(account: Account, now: datetime) -> str:
    until = account.lease.resting_until or now
    sentence = _("Account %(uin)s rests until %(time)s, %(span)s more.") % {
        "uin": account.uin,
        "time": clock(_wall(until)),
        "span": span((until - now).total_seconds()),
    }
    if account.state != AccountState.RESTING:
        return sentence
    why = _("Why: %(reason)s.") % {"reason": account.get_state_reason_display()}
    return f"{sentence} {why}"


def _unserved(account: Account) -> str:
    egress = account.egress
    assert egress is not None
    sentence = (
        _("Account %(uin)s is pinned to egress “%(egress)s”, where no worker is running.")
        if egress.is_enabled
        else _("Account %(uin)s is pinned to egress “%(egress)s”, which is not in use.")
    )
    return sentence % {"uin": account.uin, "egress": egress}


def _cut_off(account: Account, outage: Outage) -> str:
    return _(
        "Account %(uin)s talks through the egress “%(egress)s”, from where the gateway is away "
        "since %(time)s: %(why)s It goes on by itself."
    ) % {
        "uin": account.uin,
        "egress": outage.egress,
        "time": clock(outage.began_at),
        "why": outage.sentence,
    }


def _logs_in_later(account: Account) -> str:
    failures = account.lease.login_failures
    return ngettext(
        "Account %(uin)s logs in again at %(time)s: its last login got no usable answer.",
        "Account %(uin)s logs in again at %(time)s: its last %(n)d logins got no usable answer.",
        failures,
    ) % {"uin": account.uin, "time": clock(_wall(account.lease.login_not_before)), "n": failures}


def _repeats(account: Account, attempt: Attempt) -> str:
    return ngettext(
        "Account %(uin)s has asked again %(n)d time, under the same SEQ, since %(time)s. "
        "The last answer: %(code)s.",
        "Account %(uin)s has asked again %(n)d times, under the same SEQ, since %(time)s. "
        "The last answer: %(code)s.",
        attempt.replays,
    ) % {
        "uin": account.uin,
        "n": attempt.replays,
        "time": clock(_wall(attempt.marked_at)),
        "code": code_meaning(attempt.res),
    }


def _spent(accounts: Collection[Account], *, now: datetime) -> list[Wait]:
    """Return which accounts have sent all they may in an hour or a day, by their attempts.

    A query for each limit that is in use, however many accounts have it.
    """
    found: dict[int, Wait] = {}
    for length, name, words in (
        (DAY, "per_day", _("in a day")),
        (HOUR, "per_hour", _("in an hour")),
    ):
        alike: defaultdict[int, list[int]] = defaultdict(list)
        for account in accounts:
            limit = getattr(account, name)
            if limit and account.pk not in found:
                alike[limit].append(account.pk)
        for limit, account_ids in alike.items():
            for account in _with_attempt(limit, account_ids, after=now - length):
                until = (account.finished_at or account.marked_at) + length
                found[account.pk] = _spent_wait(account, limit=limit, words=words, until=until)
    return list(found.values())


def _spent_wait(account: Account, *, limit: int, words: str, until: datetime) -> Wait:
    sentence = ngettext(
        "Account %(uin)s has sent the %(n)d message it may send %(span)s; it goes on at %(time)s.",
        "Account %(uin)s has sent the %(n)d messages it may send %(span)s; it goes on at %(time)s.",
        limit,
    )
    return Wait(
        "spent",
        sentence % {"uin": account.uin, "n": limit, "span": words, "time": clock(until)},
        until,
    )


def _with_attempt(limit: int, account_ids: list[int], *, after: datetime) -> QuerySet[Any, Any]:
    """Return those accounts whose newest attempt but `limit - 1` was made after a time.

    Its times come with the account: when that attempt is old enough, there is room again.
    """
    nth = Attempt.objects.filter(account=OuterRef("pk")).order_by("-seq")
    found: QuerySet[Any, Any] = (
        Account.objects.filter(pk__in=account_ids)
        .annotate(
            marked_at=Subquery(nth.values("marked_at")[limit - 1 : limit]),
            finished_at=Subquery(nth.values("finished_at")[limit - 1 : limit]),
        )
        .filter(marked_at__gt=after)
    )
    return found


def _serving_egresses() -> set[int]:
    in_use = Egress.objects.filter(is_enabled=True, workers__in=Worker.objects.living())
    return set(in_use.values_list("pk", flat=True))


def _repeating() -> dict[int, Attempt]:
    """Return by account the attempt that is asked again because no answer settled it."""
    in_flight = Attempt.objects.filter(
        delivery__state=DeliveryState.SENDING, finished_at=None, replays__gte=1
    )
    return {attempt.account_id: attempt for attempt in in_flight}


def _outages() -> dict[int, Outage]:
    away = Outage.objects.filter(ended_at=None).select_related("egress")
    return {outage.egress_id: outage for outage in away}


def _wall(at: datetime | None) -> datetime | None:
    """Return a moment of the shared time as people read it."""
    return None if at is None else shared.as_wall(at)
