"""The Celery tasks of the contacts app; they call services. The queue is in the database."""

from __future__ import annotations

import logging
from typing import Any

from celery import shared_task
from kombu.exceptions import OperationalError

from contacts import daily_sizes
from contacts.imports import maintenance
from contacts.imports import run as running
from contacts.imports import undo as undoing
from contacts.imports.fail import fail_import
from contacts.people import attribute_work
from contacts.people.attribute_work import attributes_with_work
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


@shared_task
def keep_sizes() -> None:
    """Tick: keep how many people lists and segments have today."""
    daily_sizes.keep_sizes()


@shared_task
def work_on_attribute(attribute_id: int) -> None:
    """Read the values of an attribute again, or merge it, if that is asked for."""
    run_each([attribute_id], do=_work_on, on_failure=_leave, step="The work on an attribute")


@shared_task
def maintain_attributes() -> None:
    """Tick: do the work on attributes that is left."""
    run_each(attributes_with_work(), do=_work_on, on_failure=_leave, step="Attributes")


def _work_on(attribute_id: int) -> None:
    attribute_work.work_on_attribute(attribute_id=attribute_id)


def _leave(_row: object, _problem: Exception) -> None:
    """Do nothing: the next tick tries again."""


def wake_attribute_work(attribute_id: int) -> None:
    """Wake a jobs worker for an attribute. If Redis is unreachable, the tick does it later."""
    _wake(work_on_attribute, attribute_id)


def wake_import(import_id: int) -> None:
    """Wake a jobs worker for an import. If Redis is unreachable, the tick wakes one later."""
    _wake(run_import, import_id)


def _wake(task: Any, row_id: int) -> None:
    try:
        with task.app.connection_for_write() as connection:
            task.apply_async(
                (row_id,), queue="jobs", ignore_result=True, connection=connection, retry=False
            )
    except (OperationalError, OSError) as problem:
        log.warning(
            "Redis is unreachable, %s waits for the next tick: %s",
            task.__name__,
            type(problem).__name__,
        )
