"""The Celery tasks of the audit trail; they call services."""

from __future__ import annotations

from celery import shared_task

from audit.prune import prune_entries
from audit.unfinished import write_unfinished


@shared_task
def keep_audit_trail() -> None:
    """Tick: write the entries that are missing, and delete those that are too old."""
    write_unfinished()
    prune_entries()
