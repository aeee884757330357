"""Adding people to a list from other lists and a segment."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db import transaction
from django.db.models import Q, QuerySet

from contacts.lists.add_people import add_people
from contacts.models import Contact, ContactList, Segment, Suppression
from contacts.segments.audience import in_lists
from contacts.segments.conditions import condition_of
from contacts.webhook_events import tell_suppressed
from foundation.archiving import refuse_archived
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _


def combine_lists(
    *,
    into: ContactList,
    any_of: Iterable[ContactList] = (),
    all_of: Iterable[ContactList] = (),
    none_of: Iterable[ContactList] = (),
    segment: Segment | None = None,
) -> int:
    """Add the people who meet all of these conditions to a list; return how many were added.

    A person who opted out of one of the source lists is opted out of this list too. Otherwise
    combining lists would get around the opt-out.

    Args:
        into: the list they are added to; its present members stay.
        any_of: the people are in at least one of these lists; empty: no such condition.
        all_of: the people are in every one of these lists.
        none_of: the people are in none of these lists.
        segment: the people meet this segment's conditions.

    Raises:
        Refusal: the list `into` is archived, neither a source list nor a segment is given, or a
            condition is not understood.
    """
    refuse_archived(into)
    any_ids, all_ids = [row.pk for row in any_of], [row.pk for row in all_of]
    none_ids = [row.pk for row in none_of]
    if not any_ids and not all_ids and segment is None:
        raise Refusal(
            _("Choose at least one list or segment to take people from."), code="no_lists"
        )
    condition = Q()
    if any_ids:
        condition &= Q(in_lists(any_ids))
    for list_id in all_ids:
        condition &= Q(in_lists([list_id]))
    if none_ids:
        condition &= ~Q(in_lists(none_ids))
    if segment is not None:
        condition &= condition_of(segment.conditions)
    people = Contact.objects.filter(condition)
    with transaction.atomic():
        # Before the people are added: the condition may name this list, and would then change.
        _copy_opt_outs(into=into, out_of=[*any_ids, *all_ids], people=people)
        return add_people(list_id=into.pk, people=people)


def _copy_opt_outs(
    *, into: ContactList, out_of: Collection[int], people: QuerySet[Contact]
) -> None:
    """Copy these people's opt-outs from the source lists to the list `into`."""
    opt_outs = (
        Suppression.objects.in_force()
        .filter(contact_list__in=out_of, uin__in=people.order_by().values("uin"))
        .exclude(contact_list=into)
        .select_related("contact_list")
    )
    written = Suppression.objects.put(
        Suppression(
            uin=row.uin,
            contact_list=into,
            reason=row.reason,
            created_at=row.created_at,
            until=row.until,
            source=_("opted out of the list “%(name)s”, which is part of this one")
            % {"name": row.contact_list},
        )
        for row in opt_outs.iterator()
    )
    tell_suppressed(written)
