"""An import of contacts for JSON. The keys are a public interface."""

from __future__ import annotations

from typing import Any

from contacts.imports.files import rejects_file
from contacts.models import ContactImport


def import_data(done: ContactImport) -> dict[str, Any]:
    """Return what an import did so far."""
    return {
        "created": done.created,
        "updated": done.updated,
        "unchanged": done.unchanged,
        "rejected": done.rejected,
        "rows": done.cursor,
        "rejects_file": str(rejects_file(done)) if done.rejected else None,
        "list": done.contact_list.name if done.contact_list is not None else None,
        "errors": done.first_problems,
        "sheet": done.sheet or None,
        "header_row": done.header_line,
        "encoding": done.encoding or None,
        "notes": done.read_notes,
        "types": done.types,
        "unread": done.unread,
    }
