"""The tick of messages: cancels what waited too long, and resumes runs that still owe messages."""

from __future__ import annotations

from api.models import Message, MessageRun
from clocks import shared
from sending.runs.open_runs import cancel_overdue, resume_open_runs_with_work


def keep_messages() -> None:
    """Cancel overdue messages and resume stopped runs. Running it twice or late does no harm."""
    cancel_old_messages()
    resume_open_runs_with_work(MessageRun)


def cancel_old_messages() -> int:
    """Cancel the messages that are still pending after their `expires_at`; return how many."""
    return cancel_overdue(MessageRun, overdue=Message.objects.filter(expires_at__lt=shared.wall()))
