"""How many people lists have: kept by PostgreSQL, counted on SQLite, exactly if that is quick."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count
from django.utils.formats import number_format

from contacts.lists.kept_sizes import are_kept, kept_sizes
from contacts.models import Membership
from contacts.segments.bounded import bounded
from foundation.refusals import Refusal

#: The time in which all sizes of a page are counted, seconds; after it large ones are estimated.
QUICK_SECONDS = 0.3
#: Up to so many people are always counted.
COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class ListSize:
    """The number of people of a list.

    Attributes:
        people: the number.
        sign: empty if it is exact, > for at least so many.
    """

    people: int
    sign: str = ""

    @property
    def text(self) -> str:
        """The number as a page shows it."""
        return f"{self.sign} {number_format(self.people, force_grouping=True)}".strip()


def sizes_of(list_ids: Collection[int], *, seconds: float = QUICK_SECONDS) -> dict[int, ListSize]:
    """Return the sizes of lists.

    On SQLite they are counted on the index of memberships. If that takes longer than `seconds`,
    each list is counted up to COUNTED people only.

    Args:
        list_ids: the lists.
        seconds: how long counting may take.
    """
    if are_kept():
        return {key: ListSize(n) for key, n in kept_sizes(list_ids).items()}
    rows = Membership.objects.filter(contact_list__in=list_ids).order_by()
    try:
        with bounded(seconds):
            counted = dict(rows.values_list("contact_list").annotate(n=Count("pk")))
        return {pk: ListSize(counted.get(pk, 0)) for pk in list_ids}
    except Refusal:
        return {pk: _at_least(pk) for pk in list_ids}


def _at_least(list_id: int) -> ListSize:
    some = Membership.objects.filter(contact_list=list_id).order_by()
    counted = some.values("pk")[: COUNTED + 1].count()
    return ListSize(counted) if counted <= COUNTED else ListSize(COUNTED, sign=">")
