"""The runs that send the messages of programs: found, made, and kept open."""

from __future__ import annotations

from django.conf import settings
from django.db import IntegrityError, transaction

from api.models import MessageRun, message_origin
from sending.runs.transitions import change_run_state
from sending.states import ACTIVE_RUN_STATES, URGENT, Promise, RunState

#: The text of every such run. It is a variable, so lanes read the text of each delivery.
TEXT = "{{ message }}"


def open_run(*, overrides_quiet_hours: bool) -> MessageRun:
    """Return the running run of messages with this rule; it is made or resumed if needed.

    A run that its breaker stopped is resumed: each message is asked for by itself.
    """
    origin = message_origin(overrides_quiet_hours=overrides_quiet_hours)
    run = _newest(origin)
    if run is None or run.state not in (*ACTIVE_RUN_STATES, RunState.STOPPED):
        try:
            with transaction.atomic():
                return _make(
                    number=1 if run is None else run.number + 1,
                    overrides_quiet_hours=overrides_quiet_hours,
                )
        except IntegrityError:  # another process made it meanwhile
            run = _newest(origin)
            assert run is not None
    resume_run(run)
    return run


def resume_run(run: MessageRun) -> bool:
    """Resume a run of messages that was stopped or paused; return whether it was."""
    if run.state not in (RunState.STOPPED, RunState.PAUSED):
        return False
    return change_run_state(run_id=run.pk, to=RunState.RUNNING)


def _newest(origin: str) -> MessageRun | None:
    return MessageRun.objects.filter(origin=origin).order_by("-number").first()


def _make(*, number: int, overrides_quiet_hours: bool) -> MessageRun:
    run = MessageRun.objects.create(
        number=number,
        text=TEXT,
        promise=Promise.NEVER_TWICE,
        timezone=settings.TIME_ZONE,
        priority=URGENT,
        stays_open=True,
        overrides_quiet_hours=overrides_quiet_hours,
    )
    change_run_state(run_id=run.pk, to=RunState.PREPARING)
    change_run_state(run_id=run.pk, to=RunState.RUNNING, planned_at=run.created_at)
    run.refresh_from_db()
    return run
