"""Updating staged people who are contacts already, and storing the changes for undoing them.

PostgreSQL does it in the database, with one statement: fetching, merging and writing back fifty
thousand people takes five times as long, and memory. SQLite runs in this process anyway, so
`contacts.imports.existing_on_sqlite` does it here. Both follow the rules of
`contacts.imports.merge`; the tests run on both.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from contacts.imports.changes_postgresql import change_statement
from contacts.states import ImportPolicy

_WRITE_POSTGRESQL = """
    UPDATE contacts_contact AS person
    SET name = changed.name, attributes = changed.attributes::jsonb,
        readings = changed.readings::jsonb, updated_at = %s
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[])
        AS changed (id, name, attributes, readings)
    WHERE person.id = changed.id
"""


def update_existing_people(
    cursor: Any, *, values: dict[str, Any], policy: str, attributes: Sequence[str] = ()
) -> int:
    """Update the people of stage_people who existed before this import; return how many changed.

    Args:
        cursor: a cursor in the transaction that filled stage_people.
        values: the parameters of the statements: import, list, now.
        policy: an ImportPolicy.
        attributes: the names of all attributes that a staged person can have, if they are known.
    """
    if policy == ImportPolicy.SKIP:
        return 0
    statement, names = change_statement(attributes)
    overwrites = policy == ImportPolicy.OVERWRITE
    cursor.execute(statement, {**values, **names, "overwrites": overwrites})
    return int(cursor.rowcount)


def write_people(cursor: Any, rows: Sequence[Sequence[Any]], *, now: datetime) -> None:
    """Update the names and attributes of people.

    Args:
        cursor: a cursor in the caller's transaction.
        rows: (id, name, attributes as JSON, readings as JSON or None, ...); further values are
            ignored.
        now: the time of the update.
    """
    if not rows:
        return
    noted_at = connection.ops.adapt_datetimefield_value(now)
    if connection.vendor == "postgresql":
        columns = [list(column) for column in zip(*rows, strict=True)]
        cursor.execute(_WRITE_POSTGRESQL, [noted_at, *columns[:4]])
    else:
        cursor.executemany(
            "UPDATE contacts_contact SET name = %s, attributes = %s, readings = %s, "
            "updated_at = %s WHERE id = %s",
            [(row[1], row[2], row[3], noted_at, row[0]) for row in rows],
        )
