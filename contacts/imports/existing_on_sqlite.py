"""Updating staged people who are contacts already, on SQLite.

SQLite runs in this process, so merging here is faster than in its JSON functions, which would also
have to keep the numbers and lists that the API stored. For PostgreSQL see
`contacts.imports.existing_people`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from contacts.imports.existing_people import write_people
from contacts.imports.merge import applied, merge
from contacts.imports.plain_merge import merge_plain
from contacts.imports.rows import Person
from contacts.imports.write_sqlite import write_rows
from contacts.states import ImportPolicy

# CROSS JOIN: as for the members in `contacts.imports.load_sqlite`. What the file says is in memory:
# each column that is fetched takes as long as a comparison. SQLite would copy rows to sort them.
_KNOWN = """
    SELECT person.id, person.uin, person.name, person.attributes, person.readings
    FROM stage_people CROSS JOIN contacts_contact AS person
    WHERE person.uin = stage_people.uin AND person.source_import_id IS NOT %(import)s
        AND (
            person.attributes <> stage_people.attributes
            OR stage_people.name NOT IN ('', person.name)
        )
"""
# All of them, in the same pass, where most change: whether they are of this import, and no members.
_EVERYBODY = """
    SELECT person.id, person.uin, person.name, person.attributes, person.readings,
        person.source_import_id IS %(import)s,
        NOT EXISTS (
            SELECT 1 FROM contacts_membership AS member
            WHERE member.contact_list_id = %(list)s AND member.contact_id = person.id
        )
    FROM stage_people CROSS JOIN contacts_contact AS person
    WHERE person.uin = stage_people.uin
"""
_LOG = "INSERT INTO contacts_importchange (contact_import_id, contact_id, changes)"
# The index of names is written anew for every row whose name is set, even to what it was.
_WRITE_SAME_NAME = """
    UPDATE contacts_contact AS person
    SET attributes = changed.attributes, readings = changed.readings, updated_at = changed.noted_at
    FROM changed WHERE person.id = changed.id
"""
# One encoder: `json.dumps` makes one for each call, which takes as long as the encoding.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def update_on_sqlite(
    cursor: Any,
    people: Mapping[int, Person],
    *,
    values: dict[str, Any],
    policy: str,
    now: datetime,
) -> int:
    """Update the people of stage_people who existed before this import; return how many changed.

    Args:
        cursor: a cursor in the transaction that filled stage_people.
        people: the same people by their UIN.
        values: the parameters of the statements: import, list, now.
        policy: an ImportPolicy.
        now: the time of the update.
    """
    if policy == ImportPolicy.SKIP:
        return 0
    cursor.execute(_KNOWN, values)
    return _changed(cursor, cursor.fetchall(), people, values=values, policy=policy, now=now)


def update_everybody_on_sqlite(
    cursor: Any,
    people: Mapping[int, Person],
    *,
    values: dict[str, Any],
    policy: str,
    now: datetime,
) -> tuple[int, int, int]:
    """Do the same in one pass, where most people change.

    Args: as for `update_on_sqlite`.

    Returns:
        How many people are contacts, how many changed, and how many are not in the list.
    """
    cursor.execute(_EVERYBODY, values)
    found = cursor.fetchall()
    changed, outside = 0, sum(row[6] for row in found)
    if policy != ImportPolicy.SKIP:
        rows = [row[:5] for row in found if not row[5]]
        changed = _changed(cursor, rows, people, values=values, policy=policy, now=now)
    return len(found), changed, outside


def _changed(
    cursor: Any,
    known: list[tuple[Any, ...]],
    people: Mapping[int, Person],
    *,
    values: dict[str, Any],
    policy: str,
    now: datetime,
) -> int:
    """Merge what the file says into people, write it, and return how many changed."""
    found = [_merged(policy, people[row[1]], *row) for row in sorted(known)]
    rows = [row for row in found if row is not None]
    write_people(cursor, [row for row in rows if row[5]], now=now)
    noted_at = connection.ops.adapt_datetimefield_value(now)
    same = [(row[0], row[2], row[3], noted_at) for row in rows if not row[5]]
    write_rows("WITH changed (id, attributes, readings, noted_at) AS (", same, _WRITE_SAME_NAME)
    write_rows(_LOG, [(values["import"], row[0], row[4]) for row in rows])
    return len(rows)


def _merged(
    policy: str,
    new: Person,
    contact_id: int,
    _uin: int,
    name: str,
    attributes: str,
    readings: str | None,
) -> tuple[int, str, str, str | None, str, bool] | None:
    """Return a person as `write_people` takes them, the changes as JSON, and whether they are
    renamed; None without a change."""
    new_name, new_attributes = new[1], new[2]
    new_readings = (new[3] if len(new) == 4 else "") or None
    plain = merge_plain(
        policy=policy,
        name=name,
        attributes=attributes,
        new_name=new_name,
        new_attributes=new_attributes,
    )
    if plain is not None:
        merged_name, text, changed, keys = plain
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
        # In the format of `PersonReader`, because the statements compare the text.
        text, changed = _encode(merged), _encode(changes) if changes else ""
        keys = list(changes.get("attributes", ()))
    if not changed:
        return None
    read = readings
    if keys and text == new_attributes:
        read = new_readings  # all that the person has is the row's
    elif keys and (readings or new_readings):
        read = _readings(keys, _as_dict(readings), _as_dict(new_readings))
    return contact_id, merged_name, text, read, changed, merged_name != name


def _readings(
    changed: Collection[str], readings: dict[str, Any], new: dict[str, Any]
) -> str | None:
    """Return the readings as JSON, with those of the changed values replaced."""
    kept = {name: value for name, value in readings.items() if name not in changed}
    kept |= {name: value for name, value in new.items() if name in changed}
    return _encode(kept) if kept else None


def _as_dict(text: str | None) -> dict[str, Any]:
    decoded = json.loads(text) if text else None
    return decoded if isinstance(decoded, dict) else {}
