"""The Celery tasks of campaigns. Each loads its data and calls a service."""

from __future__ import annotations

from celery import shared_task

from campaigns.models import CampaignRun
from campaigns.planning.prepare import advance_runs, start_scheduled_runs
from campaigns.planning.reroute import reroute_stopped_accounts
from campaigns.run_control.occurrences import start_due_occurrences
from campaigns.sequences.tick import tend_sequences
from sending.states import RunState


@shared_task(name="campaigns.tasks.advance_run")
def advance_run(run_id: int) -> None:
    """Take a run through the preparation steps that are possible now."""
    advance_runs(runs=CampaignRun.objects.select_related("campaign").filter(pk=run_id))


@shared_task(name="campaigns.tasks.advance_runs")
def advance_all_runs() -> None:
    """Tick: start due dates and runs, prepare runs, reroute messages, tend sequences."""
    start_due_occurrences()
    start_scheduled_runs()
    preparing = CampaignRun.objects.filter(state=RunState.PREPARING)
    advance_runs(runs=preparing.select_related("campaign"))
    reroute_stopped_accounts()
    tend_sequences()
