"""Verbs for segments and lists: count and sample a segment, combine sets into a list."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from contacts.models import Contact, ContactList, Segment, Suppression
from contacts.segments.audience import in_lists
from contacts.segments.conditions import condition_of
from foundation.queries import sql_of
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

#: A live count stops here: "100,000 and more" costs as little as it tells.
MOST_COUNTED = 100_000


@dataclass(frozen=True, slots=True)
class Glimpse:
    """How many a segment is now, and some of them.

    Attributes:
        count: at most MOST_COUNTED.
        is_exact: whether that is all of them.
        sample: the first ones.
    """

    count: int
    is_exact: bool
    sample: list[Contact]


def segment_contacts(*, conditions: Any) -> QuerySet[Contact]:
    """Return the people who meet a segment's conditions now.

    Raises:
        Refusal: a condition is not understood.
    """
    return Contact.objects.filter(condition_of(conditions))


def glimpse_segment(*, conditions: Any, size: int = 10) -> Glimpse:
    """Return the live count of a segment, saved or not, and a sample.

    Raises:
        Refusal: a condition is not understood.
    """
    people = segment_contacts(conditions=conditions)
    count = people.order_by()[: MOST_COUNTED + 1].count()
    return Glimpse(
        min(count, MOST_COUNTED), count <= MOST_COUNTED, list(people.order_by("pk")[:size])
    )


def save_segment(*, name: str, conditions: Any, description: str = "", by: Any = None) -> Segment:
    """Save a segment, a new one or one that has this name.

    Raises:
        Refusal: it has no name, no condition, or one that is not understood.
    """
    if not name.strip() or not conditions:
        raise Refusal(_("A segment needs a name and a condition."), code="segment_empty")
    condition_of(conditions)
    segment, _made = Segment.objects.update_or_create(
        name=name.strip(),
        defaults={"conditions": conditions, "description": description},
        create_defaults={
            "conditions": conditions,
            "description": description,
            "created_by": by,
        },
    )
    return segment


def combine_lists(
    *,
    into: ContactList,
    any_of: Iterable[ContactList] = (),
    all_of: Iterable[ContactList] = (),
    none_of: Iterable[ContactList] = (),
    segment: Segment | None = None,
) -> int:
    """Add to a list the people in any of, and all of, and none of other lists; return how many.

    An opt-out from one of the lists it is made of holds for this one, too: combining lists is no
    way around somebody's no.

    Args:
        into: the list they are added to; who is in it stays.
        any_of: at least one of these; empty: no such condition.
        all_of: every one of these.
        none_of: not one of these.
        segment: and who meets its conditions.

    Raises:
        Refusal: nothing says who, or the segment is not understood.
    """
    any_ids, all_ids = [row.pk for row in any_of], [row.pk for row in all_of]
    none_ids = [row.pk for row in none_of]
    if not any_ids and not all_ids and segment is None:
        raise Refusal(_("Say at least one list or segment to take people from."), code="no_lists")
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
        # First: that they are in the list then may be what the condition asks.
        _carry_opt_outs(into=into, out_of=[*any_ids, *all_ids], people=people)
        return add_people(contact_list=into, people=people)


def _carry_opt_outs(
    *, into: ContactList, out_of: Collection[int], people: QuerySet[Contact]
) -> None:
    """Let an opt-out from a list hold for the list that is made of it, too."""
    opt_outs = (
        Suppression.objects.filter(contact_list__in=out_of, uin__in=people.order_by().values("uin"))
        .exclude(contact_list=into)
        .select_related("contact_list")
    )
    Suppression.objects.bulk_create(
        [
            Suppression(
                uin=row.uin,
                contact_list=into,
                reason=row.reason,
                created_at=row.created_at,
                source=_("opted out of the list “%(name)s”, which is part of this one")
                % {"name": row.contact_list},
            )
            for row in opt_outs.iterator()
        ],
        ignore_conflicts=True,
        batch_size=1000,
    )


def add_people(*, contact_list: ContactList, people: QuerySet[Contact]) -> int:
    """Add the people of a query to a list, in the database; return how many were not in it."""
    sql, values = sql_of(people.order_by("id").values("id"))
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO contacts_membership (contact_list_id, contact_id, added_at) "  # noqa: S608
            f"SELECT %s, person.id, %s FROM ({sql}) AS person WHERE true "
            "ON CONFLICT (contact_list_id, contact_id) DO NOTHING",
            (contact_list.pk, now, *values),
        )
        return int(cursor.rowcount)


def remove_people(*, contact_list: ContactList, people: QuerySet[Contact]) -> int:
    """Remove the people of a query from a list; return how many were in it."""
    removed, _by_model = contact_list.memberships.filter(contact__in=people.order_by()).delete()
    return removed
