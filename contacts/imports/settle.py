"""After an import: the attributes whose values must be read again, or counted."""

from __future__ import annotations

from contacts.imports.columns import attribute_names
from contacts.models import Attribute, ContactImport
from contacts.people.attribute_types import read_again


def settle_attributes(contact_import: ContactImport) -> None:
    """Have attributes read again whose type is another than when the import was started.

    Those with unreadable cells, now or before, are read again too: that counts them.
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
