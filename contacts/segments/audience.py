"""The people of an audience, as a query that planning reads in order of contact id."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet

from contacts.models import Contact, ContactList, Membership, Segment
from contacts.segments.conditions import condition_of
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _


def audience_contacts(
    *,
    lists: Iterable[ContactList],
    excluded_lists: Iterable[ContactList] = (),
    segments: Iterable[Segment] = (),
    also: Iterable[Q] = (),
    excluded: Iterable[Q] = (),
) -> QuerySet[Contact]:
    """Return the people in any of the lists or segments and in none of the excluded lists.

    The query uses EXISTS, so each person occurs once. A join would multiply rows, and a DISTINCT
    would sort them. So `filter(pk__gt=last).order_by("pk")[:n]` reads it by keyset. Segments are
    evaluated when the query runs.

    Args:
        lists: people in any of these are included.
        excluded_lists: people in any of these are left out.
        segments: people who meet any of these are included.
        also: people who meet any of these further conditions are included.
        excluded: people who meet any of these are left out.

    Raises:
        Refusal: a segment has a condition that cannot be evaluated.
    """
    included = Q(pk__in=())
    list_ids = [contact_list.pk for contact_list in lists]
    if list_ids:
        included |= Q(in_lists(list_ids))
    for segment in segments:
        included |= _condition_of(segment)
    for condition in also:
        included |= condition
    people = Contact.objects.filter(included)
    return leave_out(people, excluded_lists=excluded_lists, excluded=excluded)


def leave_out(
    people: QuerySet[Contact],
    *,
    excluded_lists: Iterable[ContactList] = (),
    excluded: Iterable[Q] = (),
) -> QuerySet[Contact]:
    """Return the people without those in any of the lists and those who meet a condition."""
    excluded_ids = [contact_list.pk for contact_list in excluded_lists]
    if excluded_ids:
        people = people.filter(~in_lists(excluded_ids))
    for condition in excluded:
        people = people.filter(~condition)
    return people


def _condition_of(segment: Segment) -> Q:
    try:
        return condition_of(segment.conditions)
    except Refusal as refusal:
        raise Refusal(
            _("The segment “%(name)s” cannot be evaluated: %(why)s Change its conditions.")
            % {"name": segment.name, "why": refusal.sentence},
            code=refusal.code,
            segment=segment.name,
        ) from None


def in_lists(list_ids: Iterable[int], *, person: str = "pk") -> Exists:
    """Return the condition that a person is in one of the lists; the membership's index serves it.

    Args:
        list_ids: the ids of the lists.
        person: the column of the contact's id in the outer query.
    """
    return Exists(
        Membership.objects.filter(contact=OuterRef(person), contact_list_id__in=list(list_ids))
    )
