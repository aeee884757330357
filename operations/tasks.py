"""The Celery tasks of operations."""

from __future__ import annotations

from celery import shared_task

from operations.pruning.prune import prune_at_night
from operations.upkeep.run import do_what_was_asked


@shared_task(name="operations.tasks.prune")
def prune() -> None:
    """Tick: at night, remove some of what is older than its retention."""
    prune_at_night()


@shared_task(name="operations.tasks.do_upkeep")
def do_upkeep() -> None:
    """Tick: make the backups and removals that the console asked for."""
    do_what_was_asked()
