"""Background work on attributes, a bounded chunk of people in each transaction.

Two kinds: reading values again after a change of the type, and moving the values of one attribute
into another. Each chunk commits with its cursor, so that any worker can continue.
"""

from __future__ import annotations

import json
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.lookups import IsNull
from django.utils import timezone

from contacts.models import Attribute, AttributeUse, Contact
from contacts.people.attribute_sql import attribute_text, reading_text
from contacts.people.segment_names import rename_in_segments
from contacts.typed_values.types import read_value

#: People of a chunk.
CHUNK_ROWS = 5_000
_WRITE_POSTGRESQL = """
    UPDATE contacts_contact AS person
    SET attributes = changed.attributes::jsonb, readings = changed.readings::jsonb, updated_at = %s
    FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS changed (id, attributes, readings)
    WHERE person.id = changed.id
"""
_WRITE_SQLITE = """
    UPDATE contacts_contact SET attributes = %s, readings = %s, updated_at = %s WHERE id = %s
"""


def attributes_with_work() -> list[int]:
    """Return the ids of the attributes that have work left."""
    rows = Attribute.objects.filter(Q(read_up_to__isnull=False) | Q(merging_into__isnull=False))
    return list(rows.order_by("pk").values_list("pk", flat=True))


def work_on_attribute(*, attribute_id: int) -> None:
    """Do all work on an attribute, chunk by chunk."""
    while _work_on_chunk(attribute_id):
        pass


def _work_on_chunk(attribute_id: int) -> bool:
    """Do one chunk; return whether there is more."""
    with transaction.atomic():
        # One worker at a time does a chunk; another one finds the row locked and stops.
        row = Attribute.objects.select_for_update(skip_locked=True).filter(pk=attribute_id).first()
        if row is None:
            return False
        if row.merging_into_id is not None:
            return _merge_chunk(row)
        return row.read_up_to is not None and _read_chunk(row)


def _chunk(after: int) -> tuple[int, bool]:
    """Return the last id of the chunk after an id, and whether it is the last chunk."""
    ids = list(
        Contact.objects.filter(pk__gt=after)
        .order_by("pk")
        .values_list("pk", flat=True)[:CHUNK_ROWS]
    )
    return (ids[-1] if ids else after), len(ids) < CHUNK_ROWS


def _people(after: int, until: int, name: str) -> Any:
    """Return (id, attributes, readings) of the people of a chunk who have an attribute."""
    has_it = Q(IsNull(attribute_text(name), False)) | Q(IsNull(reading_text(name), False))
    rows = Contact.objects.filter(has_it, pk__gt=after, pk__lte=until).order_by("pk")
    return rows.select_for_update().values_list("pk", "attributes", "readings")


def _read_chunk(row: Attribute) -> bool:
    after = row.read_up_to or 0
    until, is_last = _chunk(after)
    changed, unread = [], 0
    for pk, attributes, readings in _people(after, until, row.name):
        value = attributes.get(row.name)
        reading = read_value(row.value_type, value)
        new = {**(readings or {}), row.name: reading}
        if reading is None:
            del new[row.name]
            unread += row.value_type.is_read and value not in (None, "")
        if (new or None) != readings or _differs(readings, new, row.name):
            changed.append((pk, attributes, new or None))
    _write(changed)
    row.counting += unread
    row.read_up_to = None if is_last else until
    if is_last:
        row.unread = row.counting
    row.save(update_fields=["counting", "read_up_to", "unread"])
    return not is_last


def _differs(before: Any, after: dict[str, Any], name: str) -> bool:
    """Return whether a reading is of another type: to Python, 1 is equal to True."""
    return type((before or {}).get(name)) is not type(after.get(name))


def _merge_chunk(row: Attribute) -> bool:
    into = Attribute.objects.get(pk=row.merging_into_id or 0)
    until, is_last = _chunk(row.merged_up_to)
    changed = []
    for pk, attributes, readings in _people(row.merged_up_to, until, row.name):
        value = attributes.pop(row.name, None)
        is_empty = attributes.get(into.name) in (None, "")
        if value not in (None, "") and (is_empty or not row.is_target_kept):
            attributes[into.name] = value
        new = {k: v for k, v in (readings or {}).items() if k not in (row.name, into.name)}
        reading = read_value(into.value_type, attributes.get(into.name))
        if reading is not None:
            new[into.name] = reading
        changed.append((pk, attributes, new or None))
    _write(changed)
    row.merged_up_to = until
    if not is_last:
        row.save(update_fields=["merged_up_to"])
        return True
    rename_in_segments(before=row.name, after=into.name)
    AttributeUse.objects.bulk_create(
        [
            AttributeUse(attribute=into, contact_list_id=list_id)
            for list_id in row.uses.values_list("contact_list_id", flat=True)
        ],
        ignore_conflicts=True,
    )
    row.delete()
    Attribute.objects.filter(pk=into.pk).update(read_up_to=0, counting=0)
    return False


def _write(rows: list[tuple[int, Any, Any]]) -> None:
    """Write the attributes and readings of people."""
    if not rows:
        return
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    values = [(pk, _as_json(given), _as_json(read) if read else None) for pk, given, read in rows]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_WRITE_POSTGRESQL, [now, *map(list, zip(*values, strict=True))])
        else:
            cursor.executemany(_WRITE_SQLITE, [(a, r, now, pk) for pk, a, r in values])


def _as_json(values: Any) -> str:
    return json.dumps(values, ensure_ascii=False)
