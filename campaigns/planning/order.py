"""The order in which each account sends the messages of a run: the ranks of its deliveries.

An account's queue is read by rank, then by key. Planning always goes by contact id, because the
indexes of deliveries fill fastest in that order.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, FloatField, TextField, Value, When, Window
from django.db.models.functions import Cast, RowNumber, Trim
from django.db.models.lookups import GreaterThan, Regex

from campaigns.audience_query import targeted_contacts
from campaigns.models import CampaignRun
from contacts.people.attribute_sql import attribute_text

#: Late-comers come after the people who were planned before them.
LAST_RANK = 2_147_483_647
#: As imported: by contact, and so by the delivery's key.
SAME_RANK = "0"
_NUMBER = r"^[+-]?[0-9]{1,15}(\.[0-9]{1,15})?$"
#: Rows that the database hands over at a time.
_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class RankedPeople:
    """The people of a run by contact id, each with a rank. A million take 12 MB.

    Attributes:
        ids: the contacts' keys, ascending.
        ranks: the rank of each.
    """

    ids: array[int]
    ranks: array[int]

    def after(self, contact_id: int, *, most: int) -> RankedPeople:
        """Return the next people with a higher contact id."""
        start = bisect_right(self.ids, contact_id)
        return RankedPeople(self.ids[start : start + most], self.ranks[start : start + most])


def rank_by_attribute(*, run: CampaignRun) -> RankedPeople:
    """Return the people of a run, ranked by the attribute of its order.

    One query ranks the whole audience. Planning that was interrupted ranks it again.

    Raises:
        Refusal: a segment has a condition that cannot be evaluated.
    """
    order = _by_attribute(run.order_attribute, is_descending=run.order_descending)
    people = targeted_contacts(of=run).annotate(rank=Window(RowNumber(), order_by=[*order, "pk"]))
    ids, ranks = array("q"), array("i")
    rows = people.order_by("pk").values_list("pk", "rank")
    for contact_id, rank in rows.iterator(chunk_size=_ROWS):
        ids.append(contact_id)
        ranks.append(rank)
    return RankedPeople(ids, ranks)


def random_rank(*, person: str, run_id: int) -> str:
    """Return the SQL of a pseudo-random rank of a person in a run, the same each time.

    Args:
        person: the SQL of the contact's key.
        run_id: the run.
    """
    parts = LAST_RANK  # a prime
    mixed = f"(({person} * 69621 + {run_id * 12_820_163 % parts}) %% {parts})"
    # Squared, because a linear function would keep the steps between the persons' keys.
    return f"CAST({mixed} * {mixed} %% {parts} AS integer)"


def _by_attribute(name: str, *, is_descending: bool) -> list[Any]:
    """Return the order by an attribute: numbers, then other texts, then people without it.

    "Highest first" turns the numbers around, and the texts, but not these three groups.
    """
    text = Trim(attribute_text(name))
    is_number = Regex(text, _NUMBER)
    number = Case(When(is_number, then=Cast(text, FloatField())), output_field=FloatField())
    # NULL, and so last, for a number, an empty text and a missing one.
    other = Case(
        When(is_number, then=Value(None)),
        When(GreaterThan(text, Value("")), then=text),
        output_field=TextField(),
    )
    if is_descending:
        return [number.desc(nulls_last=True), other.desc(nulls_last=True)]
    return [number.asc(nulls_last=True), other.asc(nulls_last=True)]
