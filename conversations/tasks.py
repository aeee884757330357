"""The Celery tasks of conversations."""

from __future__ import annotations

from celery import shared_task

from conversations.answers import tick


@shared_task(name="conversations.tasks.keep_answers")
def keep_answers() -> None:
    """Tick: resume the runs of answers, and cancel what waited for a day."""
    tick.keep_answers()
