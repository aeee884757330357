"""The Celery tasks of conversations."""

from __future__ import annotations

from celery import shared_task

from conversations.answers import tick
from conversations.confirmations.send import send_confirmations


@shared_task(name="conversations.tasks.keep_answers")
def keep_answers() -> None:
    """Tick: resume the runs of answers, and cancel what waited for a day."""
    tick.keep_answers()


@shared_task(name="conversations.tasks.confirm_opt_outs")
def confirm_opt_outs() -> None:
    """Tick: tell people who opted out by a reply that they did."""
    send_confirmations()
