"""The Celery tasks of campaigns. Each loads its data and calls a service."""

from __future__ import annotations

from celery import shared_task

from campaigns.models import CampaignRun, Rehearsal
from campaigns.notifications.make import make_notifications
from campaigns.notifications.send import send_due, wake_senders
from campaigns.planning.prepare import advance_runs, start_scheduled_runs
from campaigns.planning.reroute import reroute_stopped_accounts
from campaigns.rehearsals import run as rehearsing
from campaigns.rehearsals.lifecycle import rehearse_requests, wake_rehearsal
from campaigns.reports.accounts_of_runs import count_ended_runs
from campaigns.run_control.occurrences import start_due_occurrences
from campaigns.run_control.variant_tests import advance_variant_tests
from campaigns.saved_reports.make import make_mails
from campaigns.saved_reports.send import send_mails
from campaigns.sequences.tick import advance_sequences
from foundation.fault_isolation import run_each
from holds.models import is_held
from sending.online_waits import release_who_is_online
from sending.states import RunState


@shared_task(name="campaigns.tasks.advance_run")
def advance_run(run_id: int) -> None:
    """Take a run through the preparation steps that are possible now."""
    if is_held():
        return
    advance_runs(runs=CampaignRun.objects.select_related("campaign").filter(pk=run_id))


@shared_task(name="campaigns.tasks.advance_runs")
def advance_all_runs() -> None:
    """Tick: start due dates and runs, prepare runs, reroute messages, advance sequences, tests."""
    if is_held():
        return
    start_due_occurrences()
    start_scheduled_runs()
    preparing = CampaignRun.objects.filter(state=RunState.PREPARING)
    advance_runs(runs=preparing.select_related("campaign"))
    reroute_stopped_accounts()
    advance_sequences()
    advance_variant_tests()
    release_who_is_online()


@shared_task(name="campaigns.tasks.run_rehearsal")
def run_rehearsal(rehearsal_id: int) -> None:
    """Run a rehearsal; do nothing if it is over or another worker has it."""
    run_each(
        [rehearsal_id], do=_rehearse, on_failure=rehearsing.fail_rehearsal, step="The rehearsal"
    )


def _rehearse(rehearsal_id: int) -> None:
    rehearsing.run_rehearsal(rehearsal_id=rehearsal_id)


@shared_task(name="campaigns.tasks.maintain_rehearsals")
def maintain_rehearsals() -> None:
    """Tick: wake workers for rehearsals whose worker died, or whose wake-up was lost."""
    rehearse_requests()
    for rehearsal_id in Rehearsal.objects.abandoned().values_list("pk", flat=True):
        wake_rehearsal(rehearsal_id)


@shared_task(name="campaigns.tasks.notify")
def notify() -> None:
    """Tick: make the notifications of what happened, and wake a sender."""
    if is_held():
        return
    make_notifications()
    wake_senders()


@shared_task(name="campaigns.tasks.send_notifications")
def send_notifications() -> None:
    """Send the notifications that are due."""
    if not is_held():
        send_due()


@shared_task(name="campaigns.tasks.mail_reports")
def mail_reports() -> None:
    """Tick: make the mails of the reports that are due, and send what is queued."""
    if is_held():
        return
    make_mails()
    send_mails()


@shared_task(name="campaigns.tasks.count_accounts")
def count_accounts() -> None:
    """Tick: count ended runs by account, for reports."""
    count_ended_runs()
