"""Loading a chunk of validated people with a few statements, in the caller's transaction.

On PostgreSQL the people are staged in a temporary table by COPY. From there they go into the tables
by INSERT ... SELECT ... ON CONFLICT. One row at a time through the ORM takes 30 times as long. For
SQLite see `contacts.imports.load_sqlite`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from contacts.imports.existing_people import update_existing_people
from contacts.imports.load_sqlite import load_on_sqlite
from contacts.imports.loaded import Loaded
from contacts.imports.staging import PackedPeople

# Ordered by UIN: two imports of the same people wait for each other instead of deadlocking, and the
# index is filled page by page.
_NEW_PEOPLE = """
    INSERT INTO contacts_contact
        (uin, name, attributes, readings, created_at, updated_at, source_import_id)
    SELECT uin, name, attributes, readings, %(now)s, %(now)s, %(import)s
    FROM stage_people WHERE true ORDER BY uin
    ON CONFLICT (uin) DO NOTHING
"""
# One statement: the ids of the new people go straight into the list, without a look-up by UIN.
_NEW_PEOPLE_AND_MEMBERS_POSTGRESQL = """
    WITH created AS ({people} RETURNING id)
    INSERT INTO contacts_membership (contact_list_id, contact_id, added_at, source_import_id)
    SELECT %(list)s, id, %(now)s, %(import)s FROM created
""".replace("{people}", _NEW_PEOPLE)
_NEW_PEOPLE_AMONG_KNOWN_POSTGRESQL = _NEW_PEOPLE_AND_MEMBERS_POSTGRESQL.replace(
    "WHERE true",
    "WHERE NOT EXISTS (SELECT FROM contacts_contact AS known WHERE known.uin = stage_people.uin)",
)
# Each person who is known is looked up once: to count them, to see whether the file changes them,
# and to add them to the list. When a file is imported again, most of them are members already;
# looking a member up costs half of a conflicting insert. LIMIT keeps it a look-up: as NOT EXISTS it
# was compared with all members of the list, while nothing was known about their number.
_KNOWN_PEOPLE_POSTGRESQL = """
    WITH known AS MATERIALIZED (
        SELECT person.id, person.source_import_id IS DISTINCT FROM %(import)s AND (
                NOT person.attributes @> stage_people.attributes
                OR stage_people.name NOT IN ('', person.name)
            ) AS is_changed
        FROM stage_people JOIN contacts_contact AS person ON person.uin = stage_people.uin
    ), added AS (
        INSERT INTO contacts_membership (contact_list_id, contact_id, added_at, source_import_id)
        SELECT %(list)s, id, %(now)s, %(import)s FROM known
        WHERE (
            SELECT 1 FROM contacts_membership AS member
            WHERE member.contact_list_id = %(list)s AND member.contact_id = known.id LIMIT 1
        ) IS NULL ORDER BY id
        ON CONFLICT (contact_list_id, contact_id) DO NOTHING RETURNING id
    )
    SELECT count(*), count(*) FILTER (WHERE is_changed), (SELECT count(*) FROM added) FROM known
"""
# Makes the planner look people up by index. A temporary table has no statistics, so the planner
# would otherwise read all contacts and all members for each chunk, or compare each with each.
_LOOK_UP_POSTGRESQL = """
    SELECT set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
        set_config('enable_material', 'off', true)
"""


def unmap_pages() -> None:
    """Turn off SQLite's memory-mapped reads of this connection; do nothing on PostgreSQL.

    Mapped pages count as memory of the process, and loading a million people touches all of them.
    That costs 128 MB and is not faster. They stay off until the connection is closed: the pages
    that are read when it closes would be mapped again.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA mmap_size=0")


def commit_lazily() -> None:
    """Make this transaction's commit not wait for PostgreSQL's disk.

    If the server crashes and loses the chunk, it loses the import's cursor with it, so the chunk is
    loaded again. The last commit of the import waits, and after it all chunks are on the disk.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO off")


def load_people(
    people: PackedPeople,
    *,
    import_id: int,
    list_id: int,
    policy: str,
    now: datetime,
    are_known: bool = False,
    are_changed: bool = False,
    attributes: Sequence[str] = (),
) -> Loaded:
    """Load a chunk in the caller's transaction, in which the caller also moves the cursor.

    Args:
        people: validated people, no UIN twice.
        import_id: the import.
        list_id: the list that they are added to.
        policy: an ImportPolicy, for people who are contacts already.
        now: the time of the changes.
        are_known: whether most of them are probably contacts already. It changes only the speed.
        are_changed: whether most of them probably change. It changes only the speed.
        attributes: the names of all attributes that they can have. It changes only the speed.
    """
    if not people.count:
        return Loaded()
    noted_at = connection.ops.adapt_datetimefield_value(now)
    values = {"import": import_id, "list": list_id, "now": noted_at}
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            people.stage(cursor)
            loaded = _load_postgresql(
                cursor,
                people.count,
                values,
                policy=policy,
                are_known=are_known,
                attributes=attributes,
            )
            cursor.execute("DROP TABLE stage_people")
        else:
            loaded = load_on_sqlite(
                cursor,
                people,
                values,
                policy=policy,
                now=now,
                are_known=are_known,
                are_changed=are_changed,
            )
        loaded.unchanged = people.count - loaded.created - loaded.updated
    return loaded


def _load_postgresql(
    cursor: Any,
    count: int,
    values: dict[str, Any],
    *,
    policy: str,
    are_known: bool,
    attributes: Sequence[str],
) -> Loaded:
    loaded, known = Loaded(), 0
    if not are_known:
        _create(cursor, _NEW_PEOPLE_AND_MEMBERS_POSTGRESQL, values, loaded)
    if loaded.created == count:
        return loaded
    cursor.execute(_LOOK_UP_POSTGRESQL)
    known = _load_known(cursor, values, loaded, policy=policy, attributes=attributes)
    if are_known and known < count:
        _create(cursor, _NEW_PEOPLE_AMONG_KNOWN_POSTGRESQL, values, loaded)
        if loaded.created + known < count:  # another import has created people since
            _load_known(cursor, values, loaded, policy=policy, attributes=attributes)
    return loaded


def _create(cursor: Any, statement: str, values: dict[str, Any], loaded: Loaded) -> None:
    cursor.execute(statement, values)
    loaded.created += cursor.rowcount
    loaded.added += cursor.rowcount


def _load_known(
    cursor: Any,
    values: dict[str, Any],
    loaded: Loaded,
    *,
    policy: str,
    attributes: Sequence[str],
) -> int:
    """Load the people who are contacts; return how many are, with those of this import."""
    cursor.execute(_KNOWN_PEOPLE_POSTGRESQL, values)
    known, changed, added = cursor.fetchone()
    loaded.added += added
    if changed:
        loaded.updated += update_existing_people(
            cursor, values=values, policy=policy, attributes=attributes
        )
    return int(known)
