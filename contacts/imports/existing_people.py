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

from contacts.states import ImportPolicy

# People whom this import created are left out. People in whom the file changes nothing are left
# out before they are locked. Rows are locked in order of id: two imports then wait for each other
# and cannot deadlock. The readings of the values that change are replaced with them.
_CHANGE_POSTGRESQL = """
    WITH known AS MATERIALIZED (
        SELECT person.id, person.name, held.attributes, given.changes, given.attributes AS new,
            person.readings, stage_people.readings AS new_readings,
            CASE WHEN stage_people.name NOT IN ('', person.name)
                AND (%(overwrites)s OR person.name = '') THEN stage_people.name END AS new_name
        FROM stage_people
        JOIN contacts_contact AS person ON person.uin = stage_people.uin
        CROSS JOIN LATERAL (
            SELECT CASE jsonb_typeof(person.attributes) WHEN 'object' THEN person.attributes
                ELSE '{}' END AS attributes
        ) AS held
        CROSS JOIN LATERAL (
            SELECT jsonb_object_agg(key, jsonb_build_array(held.attributes -> key, value))
                AS changes, jsonb_object_agg(key, value) AS attributes
            FROM jsonb_each(stage_people.attributes)
            WHERE held.attributes -> key IS DISTINCT FROM value
                AND (%(overwrites)s OR coalesce(held.attributes ->> key, '') = '')
        ) AS given
        WHERE person.source_import_id IS DISTINCT FROM %(import)s
            AND (
                NOT person.attributes @> stage_people.attributes
                OR stage_people.name NOT IN ('', person.name)
            )
        ORDER BY person.id FOR UPDATE OF person
    ), changed AS (
        SELECT * FROM known WHERE changes IS NOT NULL OR new_name IS NOT NULL
    ), written AS (
        UPDATE contacts_contact AS person
        SET name = coalesce(changed.new_name, person.name), updated_at = %(now)s,
            attributes = changed.attributes || coalesce(changed.new, '{}'),
            readings = CASE
                WHEN changed.readings IS NULL AND changed.new_readings IS NULL THEN NULL
                ELSE nullif(
                    (SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM (
                        SELECT key, value FROM jsonb_each(coalesce(changed.readings, '{}'))
                        WHERE NOT coalesce(changed.new, '{}') ? key
                        UNION ALL
                        SELECT key, value FROM jsonb_each(coalesce(changed.new_readings, '{}'))
                        WHERE coalesce(changed.new, '{}') ? key
                    ) AS kept),
                    '{}'
                ) END
        FROM changed WHERE person.id = changed.id
    )
    INSERT INTO contacts_importchange (contact_import_id, contact_id, changes)
    SELECT %(import)s, id, jsonb_strip_nulls(jsonb_build_object(
            'name', CASE WHEN new_name IS NOT NULL THEN jsonb_build_array(name, new_name) END
        )) || CASE WHEN changes IS NULL THEN '{}' ELSE jsonb_build_object('attributes', changes) END
    FROM changed ORDER BY id
"""
_WRITE_POSTGRESQL = """
    UPDATE contacts_contact AS person
    SET name = changed.name, attributes = changed.attributes::jsonb,
        readings = changed.readings::jsonb, updated_at = %s
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[])
        AS changed (id, name, attributes, readings)
    WHERE person.id = changed.id
"""


def update_existing_people(
    cursor: Any, *, values: dict[str, Any], policy: str, now: datetime
) -> int:
    """Update the people of stage_people who existed before this import; return how many changed.

    Args:
        cursor: a cursor in the transaction that filled stage_people.
        values: the parameters of the statements: import, list, now.
        policy: an ImportPolicy.
        now: the time of the update.
    """
    if policy == ImportPolicy.SKIP:
        return 0
    overwrites = policy == ImportPolicy.OVERWRITE
    cursor.execute(_CHANGE_POSTGRESQL, {**values, "overwrites": overwrites})
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
