"""Deleting a list: what needs it in this app, and its opt-outs, which are kept."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import ngettext

from contacts.models import ContactImport, ContactList, Suppression
from contacts.segments.references import refusals_of_segments
from contacts.webhook_events import tell_suppressed
from foundation.deletion import (
    Uses,
    quoted_names,
    register_preparation,
    register_uses_finder,
)
from foundation.sentences import Sentence as _

#: Opt-outs that one statement keeps.
CHUNK = 1_000


def uses_of_list(contact_list: ContactList) -> Uses:
    """Return the imports and segments that need a list, and what its deletion changes."""
    blocking: list[str] = []
    imports = ContactImport.objects.unfinished().filter(contact_list=contact_list)
    if imports.exists():
        blocking.append(
            _("An import into it is running: %(names)s. Cancel it, or wait until it is done.")
            % {"names": quoted_names(imports)}
        )
    blocking += refusals_of_segments("lists", contact_list.pk)
    people, kept = contact_list.memberships.count(), people_who_opted_out(contact_list)
    losing = [
        ngettext(
            "%(n)d person is in it. They are not deleted.",
            "%(n)d people are in it. They are not deleted.",
            people,
        )
        % {"n": people}
    ]
    after = []
    if kept:
        losing.append(
            ngettext(
                "%(n)d person opted out of this list. That opt-out is kept: from then on no "
                "campaign at all writes to them.",
                "%(n)d people opted out of this list. These opt-outs are kept: from then on no "
                "campaign at all writes to them.",
                kept,
            )
            % {"n": kept}
        )
        after.append(
            ngettext(
                "The opt-out of %(n)d person holds for every campaign now.",
                "The opt-outs of %(n)d people hold for every campaign now.",
                kept,
            )
            % {"n": kept}
        )
    return Uses(blocking=tuple(blocking), losing=tuple(losing), after=tuple(after))


def people_who_opted_out(contact_list: ContactList) -> int:
    """Return how many people opted out of a list only.

    People who opted out of every campaign, for at least as long, are not counted.
    """
    opt_outs = Suppression.objects.filter(contact_list=contact_list)
    same_person = Suppression.objects.filter(uin=OuterRef("uin"), contact_list=None)
    for_all = same_person.filter(Q(until=None) | Q(until__gte=OuterRef("until")))
    return opt_outs.filter(~Exists(for_all)).count()


def keep_opt_outs(contact_list: ContactList) -> None:
    """Turn the opt-outs from a list into opt-outs from every campaign.

    An opt-out cannot refer to a list that is deleted. If it were dropped, campaigns would write to
    people who opted out. So it holds for every campaign from then on, and its source names the
    list. Runs in the caller's transaction.
    """
    opt_outs: QuerySet[Suppression] = Suppression.objects.filter(
        contact_list=contact_list
    ).order_by("pk")
    while chunk := list(opt_outs[:CHUNK]):
        # An existing suppression for every campaign stays if it holds as long.
        written = Suppression.objects.put(
            Suppression(
                uin=row.uin,
                reason=row.reason,
                created_at=row.created_at,
                until=row.until,
                source=_source(contact_list, row),
            )
            for row in chunk
        )
        tell_suppressed(written)
        opt_outs.filter(pk__lte=chunk[-1].pk).delete()


def register_list_deletion() -> None:
    """Register what deleting a list needs."""
    register_uses_finder(ContactList, uses_of_list)
    register_preparation(ContactList, keep_opt_outs)


def _source(contact_list: ContactList, row: Suppression) -> str:
    if not row.source:
        return _("opted out of the list “%(name)s”, which was deleted") % {
            "name": contact_list.name
        }
    return _("opted out of the list “%(name)s”, which was deleted (%(source)s)") % {
        "name": contact_list.name,
        "source": row.source,
    }
