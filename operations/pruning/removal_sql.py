"""The statements that remove rows of an ended run, by ranges of its deliveries' keys.

A range is found in the index of (run, id) of deliveries, after the last one that was removed: dead
entries before it are not walked again. What refers to deliveries is found by the array of their
keys, which PostgreSQL looks up in the index of each table and never joins. Written as DELETE and
UPDATE of a table by its name, so that the audit trail counts the rows.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from django.db import connection

from sending.models import Delivery
from sending.querysets.open_work import has_open_deliveries
from sending.states import OPEN_DELIVERY_STATES, DeliveryState

#: Deliveries in one of these states are never removed, whatever the figures say.
UNSETTLED = (*OPEN_DELIVERY_STATES, DeliveryState.UNKNOWN)

_THROUGH = """
SELECT MAX(id) FROM (SELECT id FROM sending_delivery WHERE run_id = %s AND id > %s
                      ORDER BY id LIMIT %s) next
"""
_RANGE = "run_id = %s AND id > %s AND id <= %s"
_SETTLED = ", ".join(f"'{state}'" for state in DeliveryState.values if state not in UNSETTLED)
_TEXTS = f"UPDATE sending_delivery SET text = '' WHERE {_RANGE} AND text <> ''"  # noqa: S608
_DELIVERIES = f"DELETE FROM sending_delivery WHERE {_RANGE} AND state IN ({_SETTLED}) RETURNING id"  # noqa: S608
# A look-up in the partial index `delivery_exceptions`.
_HAS_UNKNOWN = """
SELECT EXISTS (SELECT 1 FROM sending_delivery WHERE run_id = %s AND state = 'unknown')
"""


def next_through(*, run_id: int, behind: int, most: int) -> int | None:
    """Return the key at which the next range of a run's deliveries ends; None if there is none."""
    found: int | None = _value(_THROUGH, [run_id, behind, most])
    return found


def is_unsettled(*, run_id: int) -> bool:
    """Return whether a delivery of a run is open or unknown."""
    return bool(_value(_HAS_UNKNOWN, [run_id])) or has_open_deliveries(run_id=run_id)


def empty_texts(*, run_id: int, behind: int, through: int) -> int:
    """Empty the texts of a range of deliveries; return how many had one."""
    return _changed(_TEXTS, [run_id, behind, through])


def delete_attempts(*, run_id: int, behind: int, through: int) -> int:
    """Delete the attempts of a range of deliveries; return how many."""
    return _changed(_attempts(), [run_id, behind, through])


def delete_deliveries(*, run_id: int, behind: int, through: int) -> int:
    """Delete a range of deliveries and what belongs to them; return how many deliveries.

    The foreign keys are checked at the end, by a look-up in the index of each table, so the
    deliveries go first: only what belongs to those that really went is deleted with them.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DELIVERIES, [run_id, behind, through])
        keys = [key for (key,) in cursor.fetchall()]
        for table, column in _belonging():
            sql = f"DELETE FROM {table} WHERE {column} {_among('%s')}"  # noqa: S608 - names of models
            cursor.execute(sql, [_array(keys)])
        if connection.vendor == "postgresql":
            # Now, and not at the commit: the caller measures how long a range takes.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    return len(keys)


@cache
def _belonging() -> tuple[tuple[str, str], ...]:
    """Return the tables of rows that belong to a delivery, each with its column."""
    related = Delivery._meta.related_objects
    return tuple((one.related_model._meta.db_table, str(one.field.column)) for one in related)


def _attempts() -> str:
    keys = f"SELECT id FROM sending_delivery WHERE {_RANGE}"  # noqa: S608
    if connection.vendor == "postgresql":
        return f"DELETE FROM sending_attempt WHERE delivery_id = ANY(ARRAY({keys}))"  # noqa: S608
    return f"DELETE FROM sending_attempt WHERE delivery_id IN ({keys})"  # noqa: S608


def _among(keys: str) -> str:
    if connection.vendor == "postgresql":
        return f"= ANY({keys})"
    return f"IN (SELECT value FROM json_each({keys}))"  # noqa: S608


def _array(keys: list[int]) -> Any:
    return keys if connection.vendor == "postgresql" else str(keys)


def _changed(sql: str, params: list[int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)


def _value(sql: str, params: list[int]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()[0]
