"""Loading a chunk of people on SQLite, where each look-up and each staged row counts.

The people are staged in a temporary table. A file has mostly new people or mostly known ones. The
ids of new people follow the highest one before, because the transaction is the only writer, so
nobody is looked up to join the list. For known people one statement says whether anything is left
to do; where most of them change, it is left out.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from contacts.imports.existing_on_sqlite import update_everybody_on_sqlite, update_on_sqlite
from contacts.imports.loaded import Loaded
from contacts.imports.staging import PackedPeople

# In order of UIN, so that the index is filled page by page.
_CREATE = """
    INSERT INTO contacts_contact
        (uin, name, attributes, readings, created_at, updated_at, source_import_id)
    SELECT uin, name, attributes, nullif(readings, ''), %(now)s, %(now)s, %(import)s
    FROM stage_people WHERE true ORDER BY uin
    ON CONFLICT (uin) DO NOTHING
"""
_HIGHEST = "SELECT coalesce(max(id), 0) FROM contacts_contact"
_NEW_MEMBERS = """
    INSERT INTO contacts_membership (contact_list_id, contact_id, added_at, source_import_id)
    SELECT %(list)s, id, %(now)s, %(import)s FROM contacts_contact WHERE id > %(highest)s
"""
# CROSS JOIN and LEFT JOIN make SQLite begin with the staged people. For the order it would
# otherwise read all contacts for each chunk.
_LEFT_TO_DO = """
    SELECT count(person.id),
        count(*) FILTER (
            WHERE person.source_import_id IS NOT %(import)s AND (
                person.attributes <> stage_people.attributes
                OR stage_people.name NOT IN ('', person.name)
            )
        ),
        count(person.id) FILTER (
            WHERE NOT EXISTS (
                SELECT 1 FROM contacts_membership AS member
                WHERE member.contact_list_id = %(list)s AND member.contact_id = person.id
            )
        )
    FROM stage_people LEFT JOIN contacts_contact AS person ON person.uin = stage_people.uin
"""
_MEMBERS = """
    INSERT INTO contacts_membership (contact_list_id, contact_id, added_at, source_import_id)
    SELECT %(list)s, person.id, %(now)s, %(import)s
    FROM stage_people CROSS JOIN contacts_contact AS person
    WHERE person.uin = stage_people.uin ORDER BY person.id
    ON CONFLICT (contact_list_id, contact_id) DO NOTHING
"""


def load_on_sqlite(
    cursor: Any,
    people: PackedPeople,
    values: dict[str, Any],
    *,
    policy: str,
    now: datetime,
    are_known: bool,
    are_changed: bool,
) -> Loaded:
    """Load a chunk; see `contacts.imports.load.load_people`.

    Args:
        cursor: a cursor in the caller's transaction.
        people: validated people, no UIN twice.
        values: the parameters of the statements: import, list, now.
        policy: an ImportPolicy, for people who are contacts already.
        now: the time of the changes.
        are_known: whether most of them are probably contacts already.
        are_changed: whether most of them probably change.
    """
    people.stage(cursor)
    loaded = Loaded()
    if not are_known:
        cursor.execute(_HIGHEST)
        (highest,) = cursor.fetchone()
        cursor.execute(_CREATE, values)
        loaded.created = cursor.rowcount
        if loaded.created == people.count:
            cursor.execute(_NEW_MEMBERS, {**values, "highest": highest})
            loaded.added = cursor.rowcount
            return loaded
    if are_changed:
        known, loaded.updated, outside = update_everybody_on_sqlite(
            cursor, people.by_uin(), values=values, policy=policy, now=now
        )
    else:
        cursor.execute(_LEFT_TO_DO, values)
        known, changed, outside = cursor.fetchone()
        if changed:
            loaded.updated = update_on_sqlite(
                cursor, people.by_uin(), values=values, policy=policy, now=now
            )
    if known < people.count:
        cursor.execute(_CREATE, values)
        loaded.created += cursor.rowcount
    if outside or known < people.count:
        cursor.execute(_MEMBERS, values)
        loaded.added = cursor.rowcount
    return loaded
