"""How many people meet a segment's conditions now, and some of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from contacts.models import Contact
from contacts.segments.conditions import condition_of

#: A preview stops counting here: an exact count of more people costs much and tells little.
MOST_COUNTED = 100_000


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
        Refusal: a condition is not understood.
    """
    people = Contact.objects.filter(condition_of(conditions))
    count = people.order_by()[: MOST_COUNTED + 1].count()
    return SegmentPreview(
        min(count, MOST_COUNTED), count <= MOST_COUNTED, list(people.order_by("pk")[:size])
    )
