"""Contacts out and in by hand: a column an attribute, as `import_contacts` reads them."""

from __future__ import annotations

from typing import Any

from import_export.fields import Field
from import_export.resources import ModelResource

from contacts.models import UIN_MAX, UIN_MIN, Contact
from contacts.people.attributes import known_attribute_names
from tabular import qq_number, unescape_formula

#: Columns a person can look at.
MOST_ATTRIBUTES = 200
_OWN = {"id", "uin", "name", "created_at"}


class AttributeField(Field):
    """A column that is one key of the attributes."""

    def get_value(self, instance: Any) -> Any:
        """Return the attribute's value, empty when the person has none."""
        return instance.attributes.get(self.column_name, "")

    def save(self, instance: Any, row: Any, is_m2m: bool = False, **_kwargs: Any) -> None:
        """Set the attribute; an empty cell leaves it as it is, as every import does."""
        value = str(row.get(self.column_name) or "").strip()
        if value:
            instance.attributes = {**instance.attributes, self.column_name: unescape_formula(value)}


class ContactResource(ModelResource):
    """People by UIN."""

    class Meta:
        model = Contact
        fields = ("uin", "name", "created_at")
        import_id_fields = ("uin",)
        skip_unchanged = True
        report_skipped = False

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for name in sorted(known_attribute_names() - _OWN)[:MOST_ATTRIBUTES]:
            self.fields[name] = AttributeField(attribute="attributes", column_name=name)

    def get_import_fields(self) -> list[Field]:
        """Return what a file may change: not when the person came."""
        return [field for field in super().get_import_fields() if field.column_name != "created_at"]

    def before_import_row(self, row: Any, **_kwargs: Any) -> None:
        """Understand UINs as every import does; a wrong one is the row's error."""
        row["uin"] = qq_number(str(row.get("uin") or ""), least=UIN_MIN, most=UIN_MAX)
        if row.get("name"):
            row["name"] = unescape_formula(str(row["name"]))
