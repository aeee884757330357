"""The statements that change staged people who are contacts already, on PostgreSQL.

People whom this import created are left out. People in whom the file changes nothing are left out
before they are locked. Rows are locked in order of id: two imports then wait for each other and
cannot deadlock. The readings of the values that change are replaced with them.

There are two forms with the same result. One names the attributes of the file; the other takes the
JSON of each person apart, which takes three times as long, but does not grow with the number of
attributes that a file has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

#: The most attributes that a statement names.
MOST_NAMED = 30

_ANY = """
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
"""
_NAMED = """
    WITH known AS MATERIALIZED (
        SELECT person.id, person.name, held.attributes, stage_people.attributes AS new,
            person.readings, stage_people.readings AS new_readings, ARRAY[{differs}] AS differs,
            CASE WHEN stage_people.name NOT IN ('', person.name)
                AND (%(overwrites)s OR person.name = '') THEN stage_people.name END AS new_name
        FROM stage_people
        JOIN contacts_contact AS person ON person.uin = stage_people.uin
        CROSS JOIN LATERAL (
            SELECT CASE jsonb_typeof(person.attributes) WHEN 'object' THEN person.attributes
                ELSE '{{}}' END AS attributes
        ) AS held
        WHERE person.source_import_id IS DISTINCT FROM %(import)s
            AND (
                NOT person.attributes @> stage_people.attributes
                OR stage_people.name NOT IN ('', person.name)
            )
        ORDER BY person.id FOR UPDATE OF person
    ), changed AS MATERIALIZED (
        SELECT id, name, new_name, attributes, new, readings, new_readings,
            CASE WHEN true = ANY(differs) THEN {changes} END AS changes,
            CASE WHEN readings IS NOT NULL THEN array_remove(ARRAY[{taken}], NULL) END AS taken,
            CASE WHEN NOT %(overwrites)s THEN array_remove(ARRAY[{kept}], NULL) END AS kept
        FROM known WHERE true = ANY(differs) OR new_name IS NOT NULL
    ), written AS (
        UPDATE contacts_contact AS person
        SET name = coalesce(changed.new_name, person.name), updated_at = %(now)s,
            attributes = changed.attributes || CASE WHEN %(overwrites)s THEN changed.new
                ELSE changed.new - changed.kept END,
            readings = CASE
                WHEN changed.readings IS NULL AND changed.new_readings IS NULL THEN NULL
                ELSE nullif(
                    coalesce(changed.readings - changed.taken, '{{}}')
                        || CASE WHEN %(overwrites)s THEN coalesce(changed.new_readings, '{{}}')
                            ELSE coalesce(changed.new_readings, '{{}}') - changed.kept END,
                    '{{}}'
                ) END
        FROM changed WHERE person.id = changed.id
    )
"""
# Of one attribute; the parameter is its name, n its number from 1. Most are alike, so that comes
# first. What is no object has no attributes, which `->` says as well as `held` does.
_DIFFERS = """
    person.attributes -> {key} IS DISTINCT FROM stage_people.attributes -> {key}
        AND stage_people.attributes ? {key}
        AND (%(overwrites)s OR coalesce(person.attributes ->> {key}, '') = '')
"""
_CHANGE = """
    CASE WHEN differs[{n}]
        THEN jsonb_build_object({key}, jsonb_build_array(attributes -> {key}, new -> {key}))
        ELSE '{{}}' END
"""
_LOG = """
    INSERT INTO contacts_importchange (contact_import_id, contact_id, changes)
    SELECT %(import)s, id, CASE
            WHEN new_name IS NULL THEN jsonb_build_object('attributes', changes)
            WHEN changes IS NULL
                THEN jsonb_build_object('name', jsonb_build_array(name, new_name))
            ELSE jsonb_build_object(
                'name', jsonb_build_array(name, new_name), 'attributes', changes
            ) END
    FROM changed ORDER BY id
"""


def change_statement(attributes: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """Return the statement for people with these attributes, and the parameters of their names.

    Its other parameters are import, now and overwrites.

    Args:
        attributes: all that a staged person can have; empty if that is not known.
    """
    if not 0 < len(attributes) <= MOST_NAMED:
        return _ANY + _LOG, {}
    numbers = range(1, len(attributes) + 1)
    keys = [f"%(key_{n})s::text" for n in numbers]
    both = list(zip(numbers, keys, strict=True))
    named = _NAMED.format(
        differs=", ".join(_DIFFERS.format(key=key) for key in keys),
        changes=" || ".join(_CHANGE.format(n=n, key=key) for n, key in both),
        taken=", ".join(f"CASE WHEN differs[{n}] THEN {key} END" for n, key in both),
        kept=", ".join(f"CASE WHEN NOT differs[{n}] THEN {key} END" for n, key in both),
    )
    return named + _LOG, {f"key_{n}": name for n, name in enumerate(attributes, 1)}
