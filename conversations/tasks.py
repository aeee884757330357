"""The Celery tasks of conversations."""

from __future__ import annotations

from celery import shared_task

from conversations.answers import tick
from conversations.confirmations.send import send_confirmations
from conversations.rules.answer import send_rule_answers
from holds.models import is_held


@shared_task(name="conversations.tasks.keep_answers")
def keep_answers() -> None:
    """Tick: resume the runs of answers, and cancel what waited for a day."""
    if not is_held():
        tick.keep_answers()


@shared_task(name="conversations.tasks.send_automatic_answers")
def send_automatic_answers() -> None:
    """Tick: tell people who opted out by a reply that they did, and answer as the rules say."""
    if not is_held():
        send_confirmations()
        send_rule_answers()
