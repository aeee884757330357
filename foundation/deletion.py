"""Deleting a row: what uses it is named, and the deletion is refused while something needs it.

Every model is deleted through here: by its page, by the bulk action and by the command line. An
app registers, for its own models and for those of apps below, what uses a row:

    register_uses_finder(ContactList, uses_of_list)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.db import transaction
from django.db.models import Model, ProtectedError, QuerySet, RestrictedError

from foundation.refusals import Refusal
from foundation.restricted import asking, is_restricted, whole_tables
from foundation.sentences import Sentence as _

#: The most names in one sentence.
MOST_NAMES = 5


@dataclass(frozen=True, slots=True)
class Uses:
    """What uses a row, and what its deletion changes.

    Attributes:
        blocking: reasons to refuse the deletion: sentences that say what needs the row, and what
            to do.
        losing: sentences about what is lost or changes; they do not stop the deletion.
        after: sentences about further effects of the deletion, shown after it.
    """

    blocking: tuple[str, ...] = ()
    losing: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


#: Returns what an app uses a row for.
UsesFinder: TypeAlias = Callable[[Any], Uses]
#: Does what must precede the deletion of a row, in its transaction.
Preparation: TypeAlias = Callable[[Any], None]
_finders: dict[type[Model], list[UsesFinder]] = {}
_preparations: dict[type[Model], list[Preparation]] = {}


def register_uses_finder(model: type[Model], find_uses: UsesFinder) -> None:
    """Register a function that returns what an app uses a row of this model for."""
    finders = _finders.setdefault(model, [])
    if find_uses not in finders:
        finders.append(find_uses)


def register_preparation(model: type[Model], prepare: Preparation) -> None:
    """Register a function that is called before a deletion, in its transaction.

    It keeps or removes rows where the database's own rules for related rows do not suffice.
    """
    preparations = _preparations.setdefault(model, [])
    if prepare not in preparations:
        preparations.append(prepare)


def uses_of(row: Model) -> Uses:
    """Return what uses a row, over all apps.

    What a restricted user does not see is not named. It keeps the row nevertheless.
    """
    if not is_restricted(asking()):
        return _found(row)
    # Read anew: what a list of the console prefetched for it is only what the user sees.
    fresh: Any = type(row)._base_manager.filter(pk=row.pk).first() or row
    seen = _found(fresh)
    with whole_tables():
        whole = _found(fresh)
    if (whole.blocking, whole.losing) == (seen.blocking, seen.losing):
        return seen
    return Uses(blocking=(*seen.blocking, _others()), losing=seen.losing, after=seen.after)


def _found(row: Model) -> Uses:
    found = [find_uses(row) for find_uses in _finders.get(type(row), ())]
    return Uses(
        blocking=tuple(sentence for uses in found for sentence in uses.blocking),
        losing=tuple(sentence for uses in found for sentence in uses.losing),
        after=tuple(sentence for uses in found for sentence in uses.after),
    )


def delete_row(*, row: Model) -> Uses:
    """Delete a row and return what that changed.

    The row is locked and its uses are looked up again: a campaign may have been started since the
    operator read the page.

    Raises:
        Refusal: something still needs the row (`in_use`), or it has been deleted (`gone`); nothing
            is changed then.
    """
    name = str(row)
    try:
        with transaction.atomic():
            found = type(row)._base_manager.select_for_update().filter(pk=row.pk).first()
            if found is None:
                raise Refusal(
                    _("“%(name)s” has been deleted already.") % {"name": name}, code="gone"
                )
            uses = uses_of(found)
            if uses.blocking:
                raise _in_use(name, uses.blocking)
            with whole_tables():  # what belongs to the row goes with it, seen or not
                for prepare in _preparations.get(type(found), ()):
                    prepare(found)
                found.delete()
    except (ProtectedError, RestrictedError) as problem:
        # No finder was registered for this use, and the database refuses the deletion.
        needing: Any = (
            problem.protected_objects
            if isinstance(problem, ProtectedError)
            else problem.restricted_objects
        )
        sentence = _("It is needed by: %(names)s.") % {"names": quoted(map(str, needing))}
        raise _in_use(name, [_others() if is_restricted(asking()) else sentence]) from None
    return uses


def quoted(names: Iterable[str]) -> str:
    """Return the first MOST_NAMES names in quotes, with "…" if there are more."""
    shown: list[str] = []
    for name in names:
        if len(shown) == MOST_NAMES:
            return ", ".join(shown) + " …"
        shown.append(f"“{name}”")
    return ", ".join(shown)


def quoted_names(rows: QuerySet[Any]) -> str:
    """Return the names of the first MOST_NAMES rows in quotes, with "…" if there are more."""
    return quoted(str(row) for row in rows[: MOST_NAMES + 1])


def _others() -> str:
    return _("Others use it, in a part that you do not see. Ask an administrator.")


def _in_use(name: str, sentences: Iterable[str]) -> Refusal:
    return Refusal(
        _("“%(name)s” is not deleted. %(why)s") % {"name": name, "why": " ".join(sentences)},
        code="in_use",
    )
