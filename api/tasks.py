"""The Celery tasks of the API."""

from __future__ import annotations

from celery import shared_task

from api.messages import tick
from api.pipeline.idempotency import forget_old_answers


@shared_task(name="api.tasks.keep_messages")
def keep_messages() -> None:
    """Tick: resume the runs of messages, and cancel what is too old."""
    tick.keep_messages()


@shared_task(name="api.tasks.forget_old_answers")
def forget_answers() -> None:
    """Tick: delete the stored answers of requests of yesterday."""
    forget_old_answers()
