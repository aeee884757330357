"""Maintenance of imports: resuming those whose worker died, removing files not needed any more."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

from django.utils import timezone

from contacts.imports.files import remove_upload
from contacts.imports.lifecycle import discard_import
from contacts.models import ContactImport
from contacts.states import ImportState
from foundation.fault_isolation import run_each
from foundation.refusals import Refusal
from tabular.table_import.uploads import remove_expired
from tabular.upload_files import import_folder

Row = TypeVar("Row")

#: Age at which an upload that was never started is deleted.
FORGOTTEN_AFTER = timedelta(days=7)
#: Age at which a file of rejected rows is deleted.
REJECTS_KEPT = timedelta(days=30)


def maintain_imports(*, wake: Callable[[int], None]) -> int:
    """Wake a worker for every abandoned import; return their number.

    Args:
        wake: a function that sends the wake-up for an import's id.
    """
    ids = list(ContactImport.objects.abandoned().values_list("pk", flat=True))
    for import_id in ids:
        wake(import_id)
    return len(ids)


def remove_old_files() -> int:
    """Remove the files of old or finished imports, which contain personal data; return how many."""
    now, removed = timezone.now(), remove_expired()
    stale = ContactImport.objects.filter(
        state=ImportState.UPLOADED, created_at__lt=now - FORGOTTEN_AFTER
    )
    removed += sum(_each(stale, _discard))
    rejects = import_folder().glob("rejected-*.csv")
    removed += sum(_each(rejects, partial(_remove_if_old, limit=now - REJECTS_KEPT)))
    over = ContactImport.objects.exclude(stored_name="").exclude(
        state__in=[ImportState.UPLOADED, ImportState.QUEUED, ImportState.RUNNING]
    )
    return removed + sum(_each(over, _remove_upload))


def _each(rows: Iterable[Row], do: Callable[[Row], bool]) -> list[bool]:
    """Call `do` for each row; a failure is logged and does not stop the others."""
    return run_each(rows, do=do, on_failure=_leave, step="Removing old files")


def _leave(_row: object, _problem: Exception) -> None:
    """Do nothing: the next tick tries again."""


def _discard(contact_import: ContactImport) -> bool:
    try:
        discard_import(contact_import=contact_import)
    except Refusal:  # it was started in the meantime
        return False
    return True


def _remove_if_old(path: Path, *, limit: datetime) -> bool:
    is_old = path.stat().st_mtime < limit.timestamp()
    if is_old:
        path.unlink(missing_ok=True)
    return is_old


def _remove_upload(contact_import: ContactImport) -> bool:
    remove_upload(contact_import)
    return True
