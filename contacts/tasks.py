"""Tasks of the contacts app: a fetch and a call. The database owns the work (rule 1)."""

from __future__ import annotations

import logging

from celery import shared_task
from kombu.exceptions import OperationalError

from contacts.imports import maintenance
from contacts.imports import run as running
from contacts.imports import undo as undoing
from contacts.imports.fail import fail_import
from foundation.fault_isolation import run_each

log = logging.getLogger(__name__)


@shared_task
def run_import(import_id: int) -> None:
    """Run an import, or take it back, as its row says; nothing when another worker has it."""
    run_each([import_id], do=_work_on, on_failure=_give_up, step="The import")


def _work_on(import_id: int) -> None:
    running.run_import(import_id=import_id) or undoing.undo_import(import_id=import_id)


def _give_up(import_id: int, problem: Exception) -> None:
    fail_import(import_id=import_id, problem=problem)


@shared_task
def maintain_imports() -> None:
    """Tick: wake workers for imports that were lost with theirs."""
    maintenance.maintain_imports(wake=wake_import)


@shared_task
def remove_old_files() -> None:
    """Tick: remove files of imports that nobody needs any more."""
    maintenance.remove_old_files()


def wake_import(import_id: int) -> None:
    """Wake a jobs worker for an import: a hint. With the broker away the tick sends it later."""
    try:
        with run_import.app.connection_for_write() as connection:
            run_import.apply_async(
                (import_id,), queue="jobs", ignore_result=True, connection=connection, retry=False
            )
    except (OperationalError, OSError) as problem:
        log.warning("Redis is away, the import waits for the tick: %s", type(problem).__name__)
