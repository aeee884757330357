"""Tending imports: resume those whose worker died, remove files that nobody needs any more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from contacts.models import ContactImport
from contacts.services.import_files import import_folder, remove_upload
from contacts.services.imports import discard_import
from contacts.states import ImportState
from foundation.refusals import Refusal

#: An upload that nobody started is forgotten, and rejected rows are removed, after this long.
FORGOTTEN_AFTER = timedelta(days=7)
REJECTS_KEPT = timedelta(days=30)


def tend_imports(*, wake: Callable[[int], None]) -> int:
    """Wake a worker for every import that should be worked on and is not; return how many.

    Args:
        wake: sends the wake-up for an import's id.
    """
    ids = list(ContactImport.objects.abandoned().values_list("pk", flat=True))
    for import_id in ids:
        wake(import_id)
    return len(ids)


def remove_old_files() -> int:
    """Remove uploads never started and rejects long read: they name people. Return how many."""
    now, removed = timezone.now(), 0
    stale = ContactImport.objects.filter(
        state=ImportState.UPLOADED, created_at__lt=now - FORGOTTEN_AFTER
    )
    for contact_import in stale:
        try:
            discard_import(contact_import=contact_import)
        except Refusal:  # started this moment
            continue
        removed += 1
    for path in import_folder().glob("rejected-*.csv"):
        if path.stat().st_mtime < (now - REJECTS_KEPT).timestamp():
            path.unlink(missing_ok=True)
            removed += 1
    over = ContactImport.objects.exclude(stored_name="").exclude(
        state__in=[ImportState.UPLOADED, ImportState.QUEUED, ImportState.RUNNING]
    )
    for contact_import in over:
        remove_upload(contact_import)
        removed += 1
    return removed
