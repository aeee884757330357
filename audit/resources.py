"""The file of an export of the audit trail."""

from __future__ import annotations

import json
from typing import Any

from import_export.fields import Field
from import_export.resources import ModelResource

from audit.models import AuditEntry
from audit.reading import told


class AuditEntryResource(ModelResource):
    """A row for each entry."""

    what = Field(column_name="what")
    changes = Field(column_name="changes")

    class Meta:
        model = AuditEntry
        fields = (
            "id", "at", "who", "channel", "address", "verb", "object_type", "object_id",
            "object_name", "what", "changes", "key",
        )  # fmt: skip
        export_order = fields

    def filter_export(self, queryset: Any, **kwargs: Any) -> Any:
        """Read the changes of many entries at once."""
        return super().filter_export(queryset, **kwargs).prefetch_related("changes")

    def dehydrate_what(self, entry: AuditEntry) -> str:
        """Return what was done, in one line."""
        return told(entry)

    def dehydrate_changes(self, entry: AuditEntry) -> str:
        """Return the changed rows as JSON."""
        rows = [
            {
                "kind": one.kind,
                "row": f"{one.object_type}:{one.object_id}",
                "before": one.before,
                "after": one.after,
            }
            for one in entry.changes.all()
        ]
        return json.dumps(rows, ensure_ascii=False) if rows else ""
