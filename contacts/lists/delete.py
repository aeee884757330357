"""Deleting a list: who still needs it says no, and its opt-outs survive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from contacts.models import ContactImport, ContactList, Segment, Suppression
from contacts.segments.conditions import lists_asked_about
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

#: What an app above says of a list that is to be deleted.
Keeper: TypeAlias = Callable[[ContactList], "Uses"]
_keepers: list[Keeper] = []
#: Opt-outs that are kept per statement.
CHUNK = 1_000
#: Names in a sentence.
MOST_NAMES = 5


@dataclass(frozen=True, slots=True)
class Uses:
    """What of an app above hangs on a list.

    Attributes:
        blocking: what needs it still: sentences that say what, and what to do.
        losing: what does not stop the deletion, but is another thing without the list.
    """

    blocking: tuple[str, ...] = ()
    losing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deletion:
    """What deleting a list would do.

    Attributes:
        blocking: why it is refused; empty: it is not.
        losing: what else changes.
        people: how many are in the list; they stay, in their other lists and without one.
        kept: opt-outs from the list that hold for every campaign from then on.
        already: opt-outs from the list of people who opted out of every campaign anyway.
    """

    blocking: tuple[str, ...]
    losing: tuple[str, ...]
    people: int
    kept: int
    already: int


def register_keeper(keeper: Keeper) -> None:
    """Let an app above say what needs a list that is to be deleted."""
    if keeper not in _keepers:
        _keepers.append(keeper)


def rehearse_deletion(*, contact_list: ContactList) -> Deletion:
    """Return what deleting a list would do, or why it is refused."""
    found = [_own_uses(contact_list), *(keeper(contact_list) for keeper in _keepers)]
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
    """Delete a list; whoever opted out of it is never written to again, by any campaign.

    An opt-out that named the list cannot hold for it any more. To drop it would write to somebody
    who said no; so it holds for every campaign, and says where it comes from.

    Raises:
        Refusal: something needs the list still, or it is gone; nothing is changed then.
    """
    with transaction.atomic():
        found = ContactList.objects.select_for_update().filter(pk=contact_list.pk).first()
        if found is None:
            raise Refusal(_("This list has been deleted already."), code="list_gone")
        deletion = rehearse_deletion(contact_list=found)
        if deletion.blocking:
            raise Refusal(
                _("The list “%(name)s” is not deleted. %(why)s")
                % {"name": found.name, "why": _one_after_another(deletion.blocking)},
                code="list_in_use",
            )
        _keep_opt_outs(found)
        found.delete()
    return deletion


def named(rows: QuerySet[Any]) -> str:
    """Return the names of some rows, with how many more there are."""
    names = [str(row) for row in rows[: MOST_NAMES + 1]]
    return ", ".join(f"“{name}”" for name in names[:MOST_NAMES]) + (
        " …" if len(names) > MOST_NAMES else ""
    )


def _own_uses(contact_list: ContactList) -> Uses:
    blocking = []
    imports = ContactImport.objects.worked().filter(contact_list=contact_list)
    if imports.exists():
        blocking.append(
            _("An import into it is under way: %(names)s. Cancel it, or wait for its end.")
            % {"names": ", ".join(row.file_name for row in imports[:MOST_NAMES])}
        )
    asking = [
        segment.name
        for segment in Segment.objects.order_by("name")
        if contact_list.pk in lists_asked_about(segment.conditions)
    ]
    if asking:
        blocking.append(
            _("These segments ask about it: %(names)s. Change their conditions first.")
            % {"names": ", ".join(f"“{name}”" for name in asking[:MOST_NAMES])}
        )
    return Uses(blocking=tuple(blocking))


def _for_all() -> QuerySet[Suppression]:
    return Suppression.objects.filter(uin=OuterRef("uin"), contact_list=None)


def _keep_opt_outs(contact_list: ContactList) -> None:
    """Let the opt-outs from a list hold for every campaign; in the caller's transaction."""
    opt_outs = Suppression.objects.filter(contact_list=contact_list).order_by("pk")
    while chunk := list(opt_outs[:CHUNK]):
        # Whoever has one for every campaign keeps that: it is the constraint that says so.
        Suppression.objects.bulk_create(
            [
                Suppression(
                    uin=row.uin,
                    reason=row.reason,
                    created_at=row.created_at,
                    source=_source(contact_list, row),
                )
                for row in chunk
            ],
            ignore_conflicts=True,
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


def _one_after_another(sentences: tuple[str, ...]) -> str:
    joined = sentences[0]
    for sentence in sentences[1:]:
        joined = joined + " " + sentence
    return joined
