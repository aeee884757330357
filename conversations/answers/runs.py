"""The runs that send answers: found, made, and kept open."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from conversations.models import AnswerRun, answer_origin
from sending.runs.transitions import change_run_state
from sending.states import ACTIVE_RUN_STATES, URGENT, Promise, RunState

#: The text of every such run. It is a variable, so lanes read the text of each delivery.
TEXT = "{{ answer }}"


def open_run(*, overrides_quiet_hours: bool, overrides_suppressions: bool) -> AnswerRun:
    """Return the running run of answers with these rules; it is made or resumed if needed.

    A run that its breaker stopped is resumed: each answer is asked for by itself.
    """
    rules = {
        "overrides_quiet_hours": overrides_quiet_hours,
        "overrides_suppressions": overrides_suppressions,
    }
    origin = answer_origin(**rules)
    run = _newest(origin)
    if run is None or run.state not in (*ACTIVE_RUN_STATES, RunState.STOPPED):
        try:
            with transaction.atomic():
                return _make(number=1 if run is None else run.number + 1, **rules)
        except IntegrityError:  # another process made it meanwhile
            run = _newest(origin)
            assert run is not None
    resume_run(run)
    return run


def resume_run(run: AnswerRun) -> bool:
    """Resume a run of answers that was stopped or paused; return whether it was."""
    if run.state not in (RunState.STOPPED, RunState.PAUSED):
        return False
    return change_run_state(run_id=run.pk, to=RunState.RUNNING)


def _newest(origin: str) -> AnswerRun | None:
    return AnswerRun.objects.filter(origin=origin).order_by("-number").first()


def _make(**columns: Any) -> AnswerRun:
    run = AnswerRun.objects.create(
        text=TEXT,
        promise=Promise.NEVER_TWICE,
        timezone=settings.TIME_ZONE,
        priority=URGENT,
        stays_open=True,
        **columns,
    )
    change_run_state(run_id=run.pk, to=RunState.PREPARING)
    change_run_state(run_id=run.pk, to=RunState.RUNNING, planned_at=run.created_at)
    run.refresh_from_db()
    return run
