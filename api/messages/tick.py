"""The tick of messages: their runs keep sending, and what waited too long is cancelled."""

from __future__ import annotations

from api.models import Message, MessageRun
from clocks import shared
from sending.runs.open_runs import cancel_overdue, resume_open_runs_with_work


def keep_messages() -> None:
    """Do both. Idempotent: it may run twice, late or not at all."""
    cancel_old_messages()
    resume_open_runs_with_work(MessageRun)


def cancel_old_messages() -> int:
    """Cancel the messages that are pending past their end; return how many."""
    return cancel_overdue(MessageRun, overdue=Message.objects.filter(expires_at__lt=shared.wall()))
