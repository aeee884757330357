"""The order in which each account sends the messages of a run: the ranks of its deliveries.

An account's queue is read by rank, then by key. Planning always goes by contact id, because the
indexes of deliveries fill fastest in that order.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models.functions import Trim

from campaigns.audience_query import targeted_contacts
from campaigns.models import CampaignRun
from contacts.models import Attribute
from contacts.people.attribute_sql import (
    attribute_number,
    attribute_text,
    attribute_yes,
    reading_text,
)
from contacts.segments.text_readings import NumberInText
from contacts.typed_values.types import AttributeType
from foundation.queries import sql_of

#: Late-comers come after the people who were planned before them.
LAST_RANK = 2_147_483_647
#: As imported: by contact, and so by the delivery's key.
SAME_RANK = "0"
# What was read as the attribute's type first, then other texts, then people without either.
# MATERIALIZED, so that the attribute is read once a person. "Highest first" turns the readings
# around, and the texts, but not these three groups.
_RANKING = """
WITH people AS MATERIALIZED ({people})
SELECT id, ROW_NUMBER() OVER (
           ORDER BY reading {direction} NULLS LAST,
                    CASE WHEN reading IS NULL AND text > '' THEN text END {direction} NULLS LAST,
                    id)
  FROM people ORDER BY id
"""
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
    name = run.order_attribute
    people = targeted_contacts(of=run).annotate(
        reading=_reading(name), text=Trim(attribute_text(name))
    )
    sql, params = sql_of(people.values_list("id", "reading", "text"))
    ranking = _RANKING.format(people=sql, direction="DESC" if run.order_descending else "ASC")
    ids, ranks = array("q"), array("i")
    # On PostgreSQL a cursor of the server: the rows of a large audience are never all in memory.
    with connection.chunked_cursor() as cursor:
        cursor.execute(ranking, params)
        while rows := cursor.fetchmany(_ROWS):
            ids.extend([row[0] for row in rows])
            ranks.extend([row[1] for row in rows])
    return RankedPeople(ids, ranks)


def _reading(name: str) -> Any:
    """Return what people are ordered by: the attribute read as its type, as segments read it.

    A yes comes after a no. Of an attribute without a type, and of texts, numbers are read.
    """
    row = Attribute.objects.filter(name=name).first()
    kind = row.kind if row is not None else ""
    if kind == AttributeType.NUMBER:
        return attribute_number(name)
    if kind == AttributeType.DATE:
        return reading_text(name)  # ISO 8601, with the time of day if there is one
    if kind == AttributeType.YES_NO:
        return attribute_yes(name)
    return NumberInText(Trim(attribute_text(name)))


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
