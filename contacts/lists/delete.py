"""Deleting a list: refused while something needs it; opt-outs from it are kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from contacts.models import ContactImport, ContactList, Segment, Suppression
from contacts.segments.conditions import lists_asked_about
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

#: Returns what an app above this one uses a list for.
UsesFinder: TypeAlias = Callable[[ContactList], "Uses"]
_uses_finders: list[UsesFinder] = []
#: Opt-outs that one statement keeps.
CHUNK = 1_000
#: The most names in one sentence.
MOST_NAMES = 5


@dataclass(frozen=True, slots=True)
class Uses:
    """What an app uses a list for.

    Attributes:
        blocking: reasons to refuse the deletion: sentences that say what needs the list, and what
            to do.
        losing: sentences about what changes without the list; they do not stop the deletion.
    """

    blocking: tuple[str, ...] = ()
    losing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deletion:
    """What deleting a list does.

    Attributes:
        blocking: why the deletion is refused; empty if it is not.
        losing: what else changes.
        people: the number of people in the list; none of them is deleted.
        kept: the number of opt-outs from the list that will hold for every campaign.
        already: the number of opt-outs from the list by people who have opted out of every
            campaign anyway.
    """

    blocking: tuple[str, ...]
    losing: tuple[str, ...]
    people: int
    kept: int
    already: int


def register_uses_finder(find_uses: UsesFinder) -> None:
    """Register a function of an app above that returns what it uses a list for."""
    if find_uses not in _uses_finders:
        _uses_finders.append(find_uses)


def preview_deletion(*, contact_list: ContactList) -> Deletion:
    """Return what deleting a list would do, or why it is refused."""
    found = [_own_uses(contact_list), *(find_uses(contact_list) for find_uses in _uses_finders)]
    opt_outs = Suppression.objects.filter(contact_list=contact_list)
    already = opt_outs.filter(Exists(_for_all())).count()
    return Deletion(
        blocking=tuple(sentence for uses in found for sentence in uses.blocking),
        losing=tuple(sentence for uses in found for sentence in uses.losing),
        people=contact_list.memberships.count(),
        kept=opt_outs.count() - already,
        already=already,
    )


def delete_list(*, contact_list: ContactList) -> Deletion:
    """Delete a list and return what that did.

    An opt-out from the list cannot refer to it any more. If it were dropped, campaigns would write
    to people who opted out. So it now holds for every campaign, and its source names the list.

    Raises:
        Refusal: something still needs the list, or it has been deleted; nothing is changed then.
    """
    with transaction.atomic():
        found = ContactList.objects.select_for_update().filter(pk=contact_list.pk).first()
        if found is None:
            raise Refusal(_("This list has been deleted already."), code="list_gone")
        deletion = preview_deletion(contact_list=found)
        if deletion.blocking:
            raise Refusal(
                _("The list “%(name)s” is not deleted. %(why)s")
                % {"name": found.name, "why": _joined(deletion.blocking)},
                code="list_in_use",
            )
        _keep_opt_outs(found)
        found.delete()
    return deletion


def quoted_names(rows: QuerySet[Any]) -> str:
    """Return the names of the first MOST_NAMES rows in quotes, with "…" if there are more."""
    names = [str(row) for row in rows[: MOST_NAMES + 1]]
    return ", ".join(f"“{name}”" for name in names[:MOST_NAMES]) + (
        " …" if len(names) > MOST_NAMES else ""
    )


def _own_uses(contact_list: ContactList) -> Uses:
    blocking = []
    imports = ContactImport.objects.unfinished().filter(contact_list=contact_list)
    if imports.exists():
        blocking.append(
            _("An import into it is running: %(names)s. Cancel it, or wait until it is done.")
            % {"names": ", ".join(row.file_name for row in imports[:MOST_NAMES])}
        )
    asking = [
        segment.name
        for segment in Segment.objects.order_by("name")
        if contact_list.pk in lists_asked_about(segment.conditions)
    ]
    if asking:
        blocking.append(
            _("These segments refer to it: %(names)s. Change their conditions first.")
            % {"names": ", ".join(f"“{name}”" for name in asking[:MOST_NAMES])}
        )
    return Uses(blocking=tuple(blocking))


def _for_all() -> QuerySet[Suppression]:
    """Return the suppressions for every campaign that hold as long as that of the outer query."""
    same_person = Suppression.objects.filter(uin=OuterRef("uin"), contact_list=None)
    return same_person.filter(Q(until=None) | Q(until__gte=OuterRef("until")))


def _keep_opt_outs(contact_list: ContactList) -> None:
    """Turn the opt-outs from a list into opt-outs from every campaign.

    Runs in the caller's transaction.
    """
    opt_outs = Suppression.objects.filter(contact_list=contact_list).order_by("pk")
    while chunk := list(opt_outs[:CHUNK]):
        # An existing suppression for every campaign stays if it holds as long.
        Suppression.objects.put(
            Suppression(
                uin=row.uin,
                reason=row.reason,
                created_at=row.created_at,
                until=row.until,
                source=_source(contact_list, row),
            )
            for row in chunk
        )
        opt_outs.filter(pk__lte=chunk[-1].pk).delete()


def _source(contact_list: ContactList, row: Suppression) -> str:
    if not row.source:
        return _("opted out of the list “%(name)s”, which was deleted") % {
            "name": contact_list.name
        }
    return _("opted out of the list “%(name)s”, which was deleted (%(source)s)") % {
        "name": contact_list.name,
        "source": row.source,
    }


def _joined(sentences: tuple[str, ...]) -> str:
    joined = sentences[0]
    for sentence in sentences[1:]:
        joined = joined + " " + sentence
    return joined
