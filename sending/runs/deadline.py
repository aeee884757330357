"""Runs past their deadline: what is pending is cancelled with that reason.

Lanes look at the deadline before and after each mark (`sending.runs.windows.Openings`), so nothing
new leaves after it. The rows are updated here, a little later. Requests under way still end as
usual.
"""

from __future__ import annotations

from clocks import shared
from foundation.sentences import Sentence as _
from foundation.times import clock
from sending.models import Delivery, Run, RunEvent
from sending.runs.deliveries import cancel_pending
from sending.runs.each_run import for_each_run
from sending.runs.transitions import change_run_state
from sending.states import Reason, RunState


def end_overdue_runs() -> int:
    """Cancel what is pending in runs past their deadline; return the number of such deliveries."""
    overdue = Run.objects.active().filter(deadline_at__lte=shared.wall())
    return sum(for_each_run(overdue, do=_end, step=_("Its deadline")))


def reason_of_rest(run: Run) -> str:
    """Return the reason for cancelling what is pending in a run that was cancelled."""
    if run.deadline_at is None or run.ended_at is None or run.ended_at < run.deadline_at:
        return ""
    return Reason.DEADLINE


def _end(run: Run) -> int:
    if run.state not in (RunState.RUNNING, RunState.PAUSED):
        change_run_state(
            run_id=run.pk,
            to=RunState.CANCELLED,
            detail=_("Its deadline %(at)s passed before the first message was sent.")
            % {"at": _told(run)},
        )
        return 0
    count = cancel_pending(run_id=run.pk, reason=Reason.DEADLINE)
    if count:
        detail = _("The deadline %(at)s passed: messages not sent: %(n)d.") % {
            "at": _told(run),
            "n": count,
        }
        RunEvent.objects.create(run=run, state=run.state, detail=detail)
    elif run.state == RunState.PAUSED and not Delivery.objects.filter(run=run).in_flight().exists():
        change_run_state(run_id=run.pk, to=RunState.FINISHED)
    return count


def _told(run: Run) -> str:
    return clock(run.deadline_at, zone=run.timezone)
