"""After an import: the attributes whose values must be read again, or counted."""

from __future__ import annotations

from contacts.imports.columns import attribute_names
from contacts.models import Attribute, ContactImport
from contacts.people.attribute_types import read_again


def settle_attributes(contact_import: ContactImport) -> None:
    """Have attributes read again whose type was changed after the import was started.

    Attributes with unreadable cells, in this import or before, are read again too, to count them.
    """
    unread = {row["attribute"] for row in contact_import.unread}
    rows = Attribute.objects.filter(name__in=attribute_names(contact_import.mapping))
    again = [
        row.name
        for row in rows
        if str(row.value_type) != contact_import.types.get(row.name, "")
        or row.name in unread
        or row.unread
    ]
    if again:
        read_again(again)
