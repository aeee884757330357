"""A chunk of validated people into the database: as a set, in the caller's transaction.

On PostgreSQL by COPY into a temporary table and INSERT ... SELECT ... ON CONFLICT; on SQLite by
executemany into one and the same statements. A row a time through the ORM takes 30 times as long.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from contacts.services.merging import applied, merge
from contacts.services.staging import PackedPeople
from contacts.states import ImportPolicy

# Ordered by UIN: two imports that meet wait for each other instead of locking up, and the index
# is filled page by page.
_NEW_PEOPLE = """
    INSERT INTO contacts_contact
        (uin, name, attributes, created_at, updated_at, source_import_id)
    SELECT uin, name, attributes, %(now)s, %(now)s, %(import)s
    FROM stage_people WHERE true ORDER BY uin
    ON CONFLICT (uin) DO NOTHING
"""
# One statement: the ids of the new people go straight into the list, no look-up by UIN.
_NEW_PEOPLE_AND_MEMBERS_POSTGRESQL = """
    WITH created AS ({people} RETURNING id)
    INSERT INTO contacts_membership (contact_list_id, contact_id, added_at, source_import_id)
    SELECT %(list)s, id, %(now)s, %(import)s FROM created
""".replace("{people}", _NEW_PEOPLE)
# Those who are members already are most of a file that comes again: looked up, they cost half of
# what a refused row costs. SQLite refuses more cheaply than it looks up.
_MEMBERS = """
    INSERT INTO contacts_membership (contact_list_id, contact_id, added_at, source_import_id)
    SELECT %(list)s, person.id, %(now)s, %(import)s
    FROM stage_people JOIN contacts_contact AS person ON person.uin = stage_people.uin
    WHERE {new} ORDER BY person.id
    ON CONFLICT (contact_list_id, contact_id) DO NOTHING
"""
_MEMBERS_SQLITE = _MEMBERS.replace("{new}", "true")
_MEMBERS_POSTGRESQL = _MEMBERS.replace(
    "{new}",
    """NOT EXISTS (
        SELECT FROM contacts_membership AS member
        WHERE member.contact_list_id = %(list)s AND member.contact_id = person.id
    )""",
)
# Who of the chunk was known before (whoever did not come with this import) and may change: those
# whom the file tells nothing new are neither fetched nor locked. What changes, `merge` decides.
_KNOWN_POSTGRESQL = """
    SELECT person.id, person.name, person.attributes, stage_people.name, stage_people.attributes
    FROM stage_people JOIN contacts_contact AS person ON person.uin = stage_people.uin
    WHERE person.source_import_id IS DISTINCT FROM %(import)s
        AND (
            NOT person.attributes @> stage_people.attributes
            OR (stage_people.name <> '' AND stage_people.name <> person.name)
        )
    ORDER BY person.id FOR UPDATE OF person
"""
_KNOWN_SQLITE = """
    SELECT person.id, person.name, person.attributes, stage_people.name, stage_people.attributes
    FROM stage_people JOIN contacts_contact AS person ON person.uin = stage_people.uin
    WHERE person.source_import_id IS NOT %(import)s
        AND (
            person.attributes <> stage_people.attributes
            OR (stage_people.name <> '' AND stage_people.name <> person.name)
        )
    ORDER BY person.id
"""
# By index, person after person: nothing is known of a temporary table, so the planner would rather
# read all contacts and all members, once a chunk.
_LOOK_UP_POSTGRESQL = """
    SELECT set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)
"""
_UPDATE_POSTGRESQL = """
    UPDATE contacts_contact AS person
    SET name = changed.name, attributes = changed.attributes::jsonb, updated_at = %s
    FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS changed (id, name, attributes)
    WHERE person.id = changed.id
"""
_LOG_POSTGRESQL = """
    INSERT INTO contacts_importchange (contact_import_id, contact_id, changes)
    SELECT %s, id, changes::jsonb FROM unnest(%s::bigint[], %s::text[]) AS changed (id, changes)
"""


@dataclass(slots=True)
class Loaded:
    """What became of a chunk's people."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    added: int = 0


@contextmanager
def unmapped_pages() -> Iterator[None]:
    """Within, SQLite reads through its page cache only; PostgreSQL has nothing to do with it.

    Pages of a mapped file count as memory of the process, and loading a million people meets all
    of them: 128 MB for nothing, it is no faster.
    """
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA mmap_size")
        (size,) = cursor.fetchone() or (0,)
        cursor.execute("PRAGMA mmap_size=0")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA mmap_size={int(size)}")


def commit_lazily() -> None:
    """Let this transaction's commit not wait for PostgreSQL's disk.

    A chunk that a crash of the server takes back takes its cursor along. The commit that ends the
    import waits, and with it all of them are on the disk.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO off")


def load_people(
    people: PackedPeople, *, import_id: int, list_id: int, policy: str, now: datetime
) -> Loaded:
    """Load a chunk. Runs in the caller's transaction, in which the caller moves the cursor.

    Args:
        people: validated, no UIN twice.
        import_id: the import they come with.
        list_id: the list they go into.
        policy: what becomes of those we know; an ImportPolicy.
        now: the time to note.
    """
    if not people.count:
        return Loaded()
    noted_at = connection.ops.adapt_datetimefield_value(now)
    values = {"import": import_id, "list": list_id, "now": noted_at}
    is_postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        people.stage(cursor)
        cursor.execute(_NEW_PEOPLE_AND_MEMBERS_POSTGRESQL if is_postgresql else _NEW_PEOPLE, values)
        loaded = Loaded(created=cursor.rowcount, added=cursor.rowcount if is_postgresql else 0)
        is_any_known = loaded.created < people.count
        if is_any_known and is_postgresql:
            cursor.execute(_LOOK_UP_POSTGRESQL)
        if is_any_known and policy != ImportPolicy.SKIP:
            loaded.updated = _change_known(cursor, values, policy, now)
        loaded.unchanged = people.count - loaded.created - loaded.updated
        if is_any_known or not is_postgresql:
            cursor.execute(_MEMBERS_POSTGRESQL if is_postgresql else _MEMBERS_SQLITE, values)
            loaded.added += cursor.rowcount
        if is_postgresql:
            cursor.execute("DROP TABLE stage_people")
    return loaded


def _change_known(cursor: Any, values: dict[str, Any], policy: str, now: datetime) -> int:
    is_postgresql = connection.vendor == "postgresql"
    cursor.execute(_KNOWN_POSTGRESQL if is_postgresql else _KNOWN_SQLITE, values)
    rows = []
    for contact_id, name, attributes, new_name, new_attributes in cursor.fetchall():
        known = _as_dict(attributes)
        changes = merge(
            policy=policy,
            name=name,
            attributes=known,
            new_name=new_name,
            new_attributes=_as_dict(new_attributes),
        )
        if changes:
            name, merged = applied(changes, name=name, attributes=known)
            rows.append((contact_id, name, _as_json(merged), _as_json(changes)))
    if rows:
        write_changes(cursor, rows, now=now)
        _log_changes(cursor, rows, values["import"])
    return len(rows)


def write_changes(cursor: Any, rows: Sequence[Sequence[Any]], *, now: datetime) -> None:
    """Write name and attributes of people: rows of (id, name, attributes as JSON, ...)."""
    noted_at = connection.ops.adapt_datetimefield_value(now)
    if connection.vendor == "postgresql":
        columns = [list(column) for column in zip(*rows, strict=True)]
        cursor.execute(_UPDATE_POSTGRESQL, [noted_at, *columns[:3]])
    else:
        cursor.executemany(
            "UPDATE contacts_contact SET name = %s, attributes = %s, updated_at = %s WHERE id = %s",
            [(row[1], row[2], noted_at, row[0]) for row in rows],
        )


def _log_changes(cursor: Any, rows: Sequence[Sequence[Any]], import_id: int) -> None:
    if connection.vendor == "postgresql":
        ids, changes = [row[0] for row in rows], [row[3] for row in rows]
        cursor.execute(_LOG_POSTGRESQL, [import_id, ids, changes])
    else:
        cursor.executemany(
            "INSERT INTO contacts_importchange (contact_import_id, contact_id, changes) "
            "VALUES (%s, %s, %s)",
            [(import_id, row[0], row[3]) for row in rows],
        )


def _as_dict(value: Any) -> dict[str, Any]:
    decoded = json.loads(value) if isinstance(value, str) else value
    return decoded if isinstance(decoded, dict) else {}


def _as_json(value: Any) -> str:
    """Return JSON as a row of a file becomes it: SQLite compares the text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
