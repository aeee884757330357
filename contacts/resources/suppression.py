"""Suppressions out and in by hand."""

from __future__ import annotations

from typing import Any

from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.widgets import ForeignKeyWidget

from contacts.models import UIN_MAX, UIN_MIN, ContactList, Suppression, SuppressionReason
from tabular import qq_number


class SuppressionResource(ModelResource):
    """Suppressions by UIN and list; a file of UINs alone suppresses them everywhere."""

    contact_list = Field(
        attribute="contact_list",
        column_name="list",
        widget=ForeignKeyWidget(ContactList, field="name"),
    )

    class Meta:
        model = Suppression
        fields = ("uin", "contact_list", "reason", "source", "created_at")
        import_id_fields = ("uin", "contact_list")
        skip_unchanged = True
        report_skipped = False

    def before_import(self, dataset: Any, **_kwargs: Any) -> None:
        """Let a file leave the list out."""
        if dataset.headers and "list" not in dataset.headers:
            dataset.append_col([""] * len(dataset), header="list")

    def before_import_row(self, row: Any, **_kwargs: Any) -> None:
        """Understand UINs as every import does; without a reason it is the file."""
        row["uin"] = qq_number(str(row.get("uin") or ""), least=UIN_MIN, most=UIN_MAX)
        if not row.get("reason"):
            row["reason"] = SuppressionReason.IMPORTED
        elif row["reason"] not in SuppressionReason.values:
            raise ValueError(", ".join(SuppressionReason.values))

    def get_import_fields(self) -> list[Field]:
        """Return what a file may change: not when it was noted."""
        return [field for field in super().get_import_fields() if field.column_name != "created_at"]
