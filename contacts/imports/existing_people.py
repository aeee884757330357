"""Updating staged people who are contacts already, and storing the changes for undoing them.

PostgreSQL does it in the database, with one statement: fetching, merging and writing back fifty
thousand people takes five times as long, and memory. SQLite runs in this process anyway, so
`contacts.imports.plain_merge` and `contacts.imports.merge` do it there. Both follow the same rules; the tests run on both.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from contacts.imports.merge import applied, merge
from contacts.imports.plain_merge import merge_plain
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
# CROSS JOIN: as for the members in `contacts.imports.load`.
_KNOWN_SQLITE = """
    SELECT person.id, person.name, person.attributes, person.readings,
        stage_people.name, stage_people.attributes, stage_people.readings
    FROM stage_people CROSS JOIN contacts_contact AS person
    WHERE person.uin = stage_people.uin AND person.source_import_id IS NOT %(import)s
        AND (
            person.attributes <> stage_people.attributes
            OR stage_people.name NOT IN ('', person.name)
        )
    ORDER BY person.id
"""
_LOG_SQLITE = """
    INSERT INTO contacts_importchange (contact_import_id, contact_id, changes) VALUES (%s, %s, %s)
"""
_WRITE_SAME_NAME_SQLITE = """
    UPDATE contacts_contact SET attributes = %s, readings = %s, updated_at = %s WHERE id = %s
"""
# One encoder: `json.dumps` makes one for each call, which takes as long as the encoding.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
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
    if connection.vendor == "postgresql":
        overwrites = policy == ImportPolicy.OVERWRITE
        cursor.execute(_CHANGE_POSTGRESQL, {**values, "overwrites": overwrites})
        return int(cursor.rowcount)
    cursor.execute(_KNOWN_SQLITE, values)
    rows = [row for row in (_merged(policy, *known) for known in cursor.fetchall()) if row]
    write_people(cursor, [row for row in rows if row[5]], now=now)
    # The index of names is written anew for every row whose name is set, even to what it was.
    noted_at = connection.ops.adapt_datetimefield_value(now)
    same = [(row[2], row[3], noted_at, row[0]) for row in rows if not row[5]]
    cursor.executemany(_WRITE_SAME_NAME_SQLITE, same)
    cursor.executemany(_LOG_SQLITE, [(values["import"], row[0], row[4]) for row in rows])
    return len(rows)


def _merged(
    policy: str,
    contact_id: int,
    name: str,
    attributes: str,
    readings: str | None,
    new_name: str,
    new_attributes: str,
    new_readings: str | None,
) -> tuple[int, str, str, str | None, str, bool] | None:
    """Return a person as `write_people` takes them, the changes as JSON, and whether they are
    renamed; None without a change."""
    plain = merge_plain(
        policy=policy,
        name=name,
        attributes=attributes,
        new_name=new_name,
        new_attributes=new_attributes,
    )
    if plain is not None:
        merged_name, text, changes_text, keys = plain
    else:
        known = _as_dict(attributes)
        changes = merge(
            policy=policy,
            name=name,
            attributes=known,
            new_name=new_name,
            new_attributes=_as_dict(new_attributes),
        )
        merged_name, merged = applied(changes, name=name, attributes=known)
        text, changes_text = _as_json(merged), _as_json(changes) if changes else ""
        keys = list(changes.get("attributes", ()))
    if not changes_text:
        return None
    read = readings
    if keys and text == new_attributes:
        read = new_readings  # all that the person has is the row's
    elif keys and (readings or new_readings):
        read = _readings(keys, _as_dict(readings), _as_dict(new_readings))
    return contact_id, merged_name, text, read, changes_text, merged_name != name


def _readings(
    changed: Collection[str], readings: dict[str, Any], new: dict[str, Any]
) -> str | None:
    """Return the readings as JSON, with those of the changed values replaced."""
    kept = {name: value for name, value in readings.items() if name not in changed}
    kept |= {name: value for name, value in new.items() if name in changed}
    return _as_json(kept) if kept else None


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


def _as_dict(value: Any) -> dict[str, Any]:
    decoded = json.loads(value) if isinstance(value, str) else value
    return decoded if isinstance(decoded, dict) else {}


def _as_json(value: Any) -> str:
    """Return JSON in the format of `PersonReader`, because the statements compare the text."""
    return _encode(value)
