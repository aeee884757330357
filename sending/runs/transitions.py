"""Change a run's state and record the change in the run's timeline."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from clocks import shared
from sending.models import Run, RunEvent
from sending.states import ENDED_RUN_STATES
from sending.webhook_events import tell_run_state


def change_run_state(
    *, run_id: int, to: str, detail: str = "", by: Any = None, **values: Any
) -> bool:
    """Move a run to a state and record it in the timeline; return whether it moved.

    Args:
        run_id: the run.
        to: the new state.
        detail: the reason, a sentence.
        by: the operator, or None.
        values: other columns to set.
    """
    now = shared.wall()
    values["ended_at"] = now if to in ENDED_RUN_STATES else None
    with transaction.atomic():
        moved = Run.objects.filter(pk=run_id).transition(
            to=to, state_detail=detail, state_changed_at=now, **values
        )
        if moved:
            RunEvent.objects.create(run_id=run_id, state=to, detail=detail, by=by)
            tell_run_state(run_id)
    return bool(moved)
