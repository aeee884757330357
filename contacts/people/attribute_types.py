"""Changing the type of attributes: the values are then read again in the background."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from contacts.models import Attribute
from contacts.typed_values.types import ValueType


@transaction.atomic
def set_attribute_types(types: Mapping[str, ValueType]) -> list[int]:
    """Set the types of attributes by name; return the ids of those whose type changed.

    What people wrote stays. `contacts.people.attribute_work` reads it again, and
    `contacts.tasks.wake_attribute_work` wakes a worker for it.

    Args:
        types: the types by the names of recorded attributes; other names are passed over.
    """
    changed = []
    for row in Attribute.objects.select_for_update().filter(name__in=list(types)).order_by("pk"):
        wanted = types[row.name]
        if row.value_type == wanted:
            continue
        row.kind, row.order = wanted.kind, wanted.order
        row.read_up_to = row.counting = row.unread = 0
        row.save(update_fields=["kind", "order", "read_up_to", "counting", "unread"])
        changed.append(row.pk)
    return changed


def read_again(names: list[str]) -> None:
    """Have the values of attributes read and counted again in the background."""
    Attribute.objects.filter(name__in=names).update(read_up_to=0, counting=0)
