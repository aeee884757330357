"""How many people meet a segment's conditions now, and some of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from contacts.models import Contact
from contacts.segments.bounded import bounded
from contacts.segments.conditions import condition_of

#: A preview stops counting here: an exact count of more people costs much and tells little.
MOST_COUNTED = 100_000
#: The seconds that a preview and an exact count may take.
PREVIEW_SECONDS, COUNT_SECONDS = 5, 60


@dataclass(frozen=True, slots=True)
class SegmentPreview:
    """The people who meet a segment's conditions now.

    Attributes:
        count: how many they are, at most MOST_COUNTED.
        is_exact: False when there are more than `count`.
        sample: the first of them, by id.
    """

    count: int
    is_exact: bool
    sample: list[Contact]


def preview_segment(*, conditions: Any, size: int = 10) -> SegmentPreview:
    """Return the number of people who meet conditions, and a sample; the segment may be unsaved.

    Args:
        conditions: a segment's JSON, see `contacts.segments.conditions`.
        size: the number of people in the sample.

    Raises:
        Refusal: a condition is not understood, or the database needs more than PREVIEW_SECONDS.
    """
    people = Contact.objects.filter(condition_of(conditions))
    with bounded(PREVIEW_SECONDS):
        sample = list(people.order_by("pk")[:size])
        # If the sample is not full, it contains everybody, and its length is the count.
        count = (
            people.order_by()[: MOST_COUNTED + 1].count() if len(sample) == size else len(sample)
        )
    return SegmentPreview(min(count, MOST_COUNTED), count <= MOST_COUNTED, sample)


def count_people(*, conditions: Any) -> int:
    """Return the exact number of people who meet conditions.

    Raises:
        Refusal: a condition is not understood, or the database needs more than COUNT_SECONDS.
    """
    people = Contact.objects.filter(condition_of(conditions)).order_by()
    with bounded(COUNT_SECONDS):
        return people.count()


def people_of(*, conditions: Any, most: int, after: int = 0) -> list[Contact]:
    """Return the people who meet conditions, in order of UIN.

    Args:
        conditions: a segment's JSON.
        most: the most people returned.
        after: only people with a higher UIN.

    Raises:
        Refusal: a condition is not understood, or the database needs more than COUNT_SECONDS.
    """
    people = Contact.objects.filter(condition_of(conditions), uin__gt=after).order_by("uin")
    with bounded(COUNT_SECONDS):
        return list(people[:most])
