"""The Celery tasks of webhooks."""

from __future__ import annotations

from celery import shared_task

from webhooks.delivering.dispatch import dispatch
from webhooks.delivering.prune import prune_messages


@shared_task(name="webhooks.tasks.deliver")
def deliver() -> None:
    """Tick: deliver the messages that are due, for some seconds."""
    dispatch()


@shared_task(name="webhooks.tasks.prune")
def prune() -> None:
    """Tick: delete old messages."""
    prune_messages()
