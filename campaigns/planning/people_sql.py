"""The people that one statement plans, in SQL: a part of an audience, or people with own ranks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import Combinable

from campaigns.planning.order import LAST_RANK, RANK_BITS, SAME_RANK, RankedPeople
from contacts.models import Contact
from foundation.queries import sql_of

# People with ranks of their own: one number for each holds both. They are read by primary key.
_RANKED = {
    "postgresql": f"""
SELECT p.id, p.uin, CAST(o.packed & {LAST_RANK} AS integer) AS rank{{columns}}
  FROM unnest(%s::bigint[]) AS o (packed) JOIN ({{people}}) p ON p.id = o.packed >> {RANK_BITS}
""",  # noqa: S608 -- numbers of our own
    # The limit keeps a column from being computed wherever it is used.
    "sqlite": f"""
SELECT p.id, p.uin, o.value & {LAST_RANK} AS rank{{columns}} FROM json_each(%s) o
 CROSS JOIN ({{people}}) p WHERE p.id = o.value >> {RANK_BITS} LIMIT -1
""",  # noqa: S608
}


@dataclass(frozen=True, slots=True)
class Chunk:
    """People in order of contact id, whose rank is computed from the person alone.

    Attributes:
        people: the people.
        rank: the SQL of the rank of `p.id`.
    """

    people: QuerySet[Contact]
    rank: str = SAME_RANK


def sql_of_people(
    people: Chunk | RankedPeople, *, columns: Mapping[str, Combinable]
) -> tuple[str, tuple[Any, ...]]:
    """Return the SQL of (id, uin, rank, further columns) of the people, with its parameters.

    Args:
        people: the people.
        columns: further columns, as expressions on contacts.
    """
    rows = people.people if isinstance(people, Chunk) else Contact.objects.order_by()
    rows = rows.annotate(**columns) if columns else rows
    sql, params = sql_of(rows.values_list("id", "uin", *columns))
    names = "".join(f", p.{column}" for column in columns)
    if isinstance(people, Chunk):
        sql = f"SELECT p.id, p.uin, {people.rank} AS rank{names} FROM ({sql}) p"  # noqa: S608
        return sql, params
    ranked = _RANKED[connection.vendor].format(columns=names, people=sql)
    return ranked, (packed(people), *params)


def packed(people: RankedPeople) -> str:
    """Return people with ranks of their own as they are a parameter of the statement.

    As text: PostgreSQL's driver takes ten times as long to write a list of numbers.
    """
    text = ",".join(map(str, people.packed))
    return f"{{{text}}}" if connection.vendor == "postgresql" else f"[{text}]"
