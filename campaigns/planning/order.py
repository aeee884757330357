"""The order in which each account sends the messages of a run: the ranks of its deliveries.

An account's queue is read by rank, then by key. Planning always goes by contact id, because the
indexes of deliveries fill fastest in that order.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from operator import lt
from typing import Any

from django.db import connection
from django.db.models import Func
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
from contacts.segments.text_readings import number_in_t
from contacts.typed_values.types import AttributeType
from foundation.queries import sql_of

#: Late-comers come after the people who were planned before them.
LAST_RANK = 2_147_483_647
RANK_BITS = 31
#: As imported: by contact, and so by the delivery's key.
SAME_RANK = "0"
#: Whole numbers up to this one, and down to its opposite, are ranks of themselves.
_HIGHEST = 1_000_000_000
#: Who has no value comes after all numbers.
_NOTHING = 2 * _HIGHEST + 2
# What was read as the attribute's type first, then other texts, then people without either.
# "Highest first" turns the readings around, and the texts, but not these three groups. The ranks of
# whole numbers are computed without sorting. It is 0 if a value is anything else.
_WHOLE_NUMBERS = f"""
SELECT id << {RANK_BITS} |
       CASE WHEN reading BETWEEN -{_HIGHEST} AND {_HIGHEST}
            THEN CASE WHEN reading = CAST(reading AS bigint)
                      THEN {_HIGHEST} + 1 {{sign}} CAST(reading AS bigint) ELSE 0 END
            WHEN reading IS NULL AND (text = '') IS NOT FALSE THEN {_NOTHING} ELSE 0 END
  FROM ({{people}} {{once}}) people WHERE id IS NOT NULL
"""  # noqa: S608 -- numbers of our own
_RANKING = f"""
WITH people AS MATERIALIZED ({{people}})
SELECT id << {RANK_BITS} | ROW_NUMBER() OVER (
           ORDER BY reading {{direction}} NULLS LAST,
                    CASE WHEN reading IS NULL AND text > '' THEN text END {{direction}} NULLS LAST,
                    id)
  FROM people
"""  # noqa: S608
_READ_AS_NUMBER = """
SELECT id, {number} AS reading, t AS text FROM ({people} {once}) texts WHERE id IS NOT NULL
"""
# An attribute is read once a person: this keeps the databases from reading it wherever it is used,
# SQLite only together with a condition on the result.
_ONCE = {"postgresql": "OFFSET 0", "sqlite": "LIMIT -1"}
#: Rows that the database hands over at a time.
_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class RankedPeople:
    """The people of a run by contact id, each with a rank. A million take 8 MB.

    Attributes:
        packed: for each, the contact's key in the bits above the lowest 31, and the rank in these;
            ascending.
    """

    packed: array[int]

    @classmethod
    def of(cls, ranks: Mapping[int, int]) -> RankedPeople:
        """Return people by contact id, each with a rank."""
        return cls(array("q", sorted(key << RANK_BITS | rank for key, rank in ranks.items())))

    def after(self, contact_id: int, *, most: int) -> RankedPeople:
        """Return the next people with a higher contact id."""
        start = bisect_left(self.packed, contact_id + 1 << RANK_BITS)
        return RankedPeople(self.packed[start : start + most])


def rank_by_attribute(*, run: CampaignRun) -> RankedPeople:
    """Return the people of a run, ranked by the attribute of its order.

    One query ranks the whole audience. Planning that was interrupted ranks it again.

    Raises:
        Refusal: a segment has a condition that cannot be evaluated.
    """
    people, params, is_number = _readings(run)
    if is_number:
        sign = "-" if run.order_descending else "+"
        once = _ONCE[connection.vendor]
        found = _ranks(_WHOLE_NUMBERS.format(people=people, sign=sign, once=once), params)
        if found is not None:
            return found
    direction = "DESC" if run.order_descending else "ASC"
    ranked = _ranks(_RANKING.format(people=people, direction=direction), params)
    assert ranked is not None
    return ranked


def _ranks(sql: str, params: tuple[Any, ...]) -> RankedPeople | None:
    """Return people with their ranks; None if one of them has the rank 0."""
    packed = array("q")
    # On PostgreSQL a cursor of the server: the rows of a large audience are never all in memory.
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, params)
        while rows := cursor.fetchmany(_ROWS):
            packed.extend(chain.from_iterable(rows))
    if not all(LAST_RANK & both for both in packed):
        return None
    if not all(map(lt, packed, packed[1:])):
        packed = array("q", sorted(packed))
    return RankedPeople(packed)


def _readings(run: CampaignRun) -> tuple[str, tuple[Any, ...], bool]:
    """Return the SQL of (id, reading, text) of the people, its parameters, and what a reading is.

    People are ordered by the attribute read as its type, as segments read it. A yes comes after a
    no. Of an attribute without a type, and of texts, numbers are read.

    Returns:
        the SQL, its parameters, and whether a reading is a number.
    """
    name = run.order_attribute
    people = targeted_contacts(of=run).order_by("pk")
    text = Trim(attribute_text(name))
    row = Attribute.objects.filter(name=name).first()
    kind = row.kind if row is not None else ""
    reading: Func
    if kind == AttributeType.NUMBER:
        reading = attribute_number(name)
    elif kind == AttributeType.DATE:
        reading = reading_text(name)  # ISO 8601, with the time of day if there is one
    elif kind == AttributeType.YES_NO:
        reading = attribute_yes(name)
    else:
        sql, params = sql_of(people.annotate(t=text).values_list("id", "t"))
        number = number_in_t()
        once = _ONCE[connection.vendor]
        return _READ_AS_NUMBER.format(number=number, people=sql, once=once), params, True
    typed = people.annotate(reading=reading, text=text)
    sql, params = sql_of(typed.values_list("id", "reading", "text"))
    return sql, params, kind == AttributeType.NUMBER


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
