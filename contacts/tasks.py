"""The Celery tasks of the contacts app; they call services. The queue is in the database."""

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
    """Run an import or take it back, by its state; do nothing if another worker has it."""
    run_each([import_id], do=_run_or_undo, on_failure=_fail, step="The import")


def _run_or_undo(import_id: int) -> None:
    running.run_import(import_id=import_id) or undoing.undo_import(import_id=import_id)


def _fail(import_id: int, problem: Exception) -> None:
    fail_import(import_id=import_id, problem=problem)


@shared_task
def maintain_imports() -> None:
    """Tick: wake workers for abandoned imports."""
    maintenance.maintain_imports(wake=wake_import)


@shared_task
def remove_old_files() -> None:
    """Tick: remove files of imports that are not needed any more."""
    maintenance.remove_old_files()


def wake_import(import_id: int) -> None:
    """Wake a jobs worker for an import. If Redis is unreachable, the tick wakes one later."""
    try:
        with run_import.app.connection_for_write() as connection:
            run_import.apply_async(
                (import_id,), queue="jobs", ignore_result=True, connection=connection, retry=False
            )
    except (OperationalError, OSError) as problem:
        log.warning(
            "Redis is unreachable, the import waits for the next tick: %s", type(problem).__name__
        )
