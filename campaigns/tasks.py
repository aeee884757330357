"""Celery tasks: each fetches and calls a service. They are wake-ups; they own no work."""

from __future__ import annotations

from celery import shared_task

from accounts.services.hints import is_stale
from campaigns.engine import worker as worker  # the worker's life hangs on Celery's signals
from campaigns.engine.lanes import run_lane_for
from campaigns.engine.runtime import current_runtime
from campaigns.models import Run
from campaigns.services.preparing import advance_runs, start_scheduled_runs
from campaigns.services.reconciling import reconcile as put_right
from campaigns.states import RunState
from clocks import shared


@shared_task(name="campaigns.tasks.run_lane")
def run_lane(account_id: int, asked_at: float) -> None:
    """Run the lane of an account for a slice, if its lease can be had."""
    runtime = current_runtime()
    if runtime is not None and not is_stale(asked_at):
        run_lane_for(account_id=account_id, runtime=runtime)


@shared_task(name="campaigns.tasks.advance_run")
def advance_run(run_id: int) -> None:
    """Prepare a run as far as it goes now."""
    advance_runs(runs=Run.objects.select_related("campaign").filter(pk=run_id))


@shared_task(name="campaigns.tasks.tend_runs")
def tend_runs() -> None:
    """Tick: start what is due, prepare what is started."""
    start_scheduled_runs()
    advance_runs(runs=Run.objects.select_related("campaign").filter(state=RunState.PREPARING))


@shared_task(name="campaigns.tasks.reconcile")
def reconcile() -> None:
    """Tick: put right what a crash or a lost wake-up left behind."""
    shared.observe()
    put_right()
