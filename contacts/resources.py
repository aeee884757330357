"""The columns of the exports of contacts, lists and suppressions (django-import-export)."""

from __future__ import annotations

from typing import Any

from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.widgets import ForeignKeyWidget

from contacts.models import Contact, ContactList, Suppression
from contacts.people.attributes import attribute_names_in_use

#: The most attribute columns in an export: more are too many to read in a spreadsheet.
MOST_ATTRIBUTES = 200
#: Titles that an attribute cannot have because a column of the contact has them.
_OWN = {"id", "uin", "name", "created_at"}


class AttributeField(Field):
    """The column of one attribute."""

    def get_value(self, instance: Any) -> Any:
        """Return the contact's value of the attribute, "" if it has none."""
        return instance.attributes.get(self.column_name, "")


class ContactResource(ModelResource):
    """A row for each contact, with a column for each attribute in use.

    `import_contacts` reads such a file.
    """

    class Meta:
        model = Contact
        fields = ("uin", "name", "created_at")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for name in sorted(attribute_names_in_use() - _OWN)[:MOST_ATTRIBUTES]:
            self.fields[name] = AttributeField(attribute="attributes", column_name=name)


class ContactListResource(ModelResource):
    """A row for each list."""

    class Meta:
        model = ContactList
        fields = ("name", "description", "created_at")


class SuppressionResource(ModelResource):
    """A row for each suppression; the list is empty if it holds for every campaign."""

    contact_list = Field(
        attribute="contact_list",
        column_name="list",
        widget=ForeignKeyWidget(ContactList, field="name"),
    )

    class Meta:
        model = Suppression
        fields = ("uin", "contact_list", "reason", "source", "created_at", "until")
