"""The services that take a run from its start to its first message."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from accounts.states import StateReason
from accounts.wake_ups import JOBS, publish
from campaigns.approvals.begin import begin_approved
from campaigns.approvals.coverage import refuse_unapproved
from campaigns.approvals.need import approval_needed
from campaigns.models import CampaignRun
from campaigns.planning.friend_lists import sync_missing_friend_lists
from campaigns.planning.plan import plan_run
from campaigns.planning.senders import accounts_of
from campaigns.scheduling.late import judge_start
from campaigns.states import Late
from clocks import shared
from foundation.sentences import Sentence as _
from foundation.times import clock
from sending.models import Run, RunEvent
from sending.runs.each_run import for_each_run
from sending.runs.transitions import change_run_state
from sending.runs.windows import sending_times
from sending.states import RunState
from sending.wake_ups.wake import accounts_to_wake, wake_lanes


def start_scheduled_runs() -> int:
    """Start preparing the runs whose start time has come; return their number."""
    due = CampaignRun.objects.filter(state=RunState.SCHEDULED, starts_at__lte=shared.wall())
    return sum(for_each_run(due, do=_begin, step=_("Its start")))


def advance_runs(*, runs: Iterable[CampaignRun]) -> None:
    """Advance each run in preparation. A run that fails is stopped without affecting the others."""
    for_each_run(runs, do=lambda run: advance_run(run=run), step=_("Its preparation"))


def _begin(run: CampaignRun) -> bool:
    """Begin a run whose time has come; a late one is handled as its campaign says."""
    now = shared.wall()
    if run.late == Late.SEND or run.starts_at is None:
        return _prepare(run)
    verdict = judge_start(now=now, due_at=run.starts_at, times=sending_times(run), late=run.late)
    if verdict.drop:
        change_run_state(run_id=run.pk, to=RunState.CANCELLED, detail=verdict.drop)
        return False
    if verdict.wait_until is not None:
        _move_start(run, to=verdict.wait_until)
        return False
    return _prepare(run)


def _prepare(run: CampaignRun) -> bool:
    if approval_needed(run.campaign):
        return begin_approved(run)
    return change_run_state(run_id=run.pk, to=RunState.PREPARING)


def _move_start(run: CampaignRun, *, to: datetime) -> None:
    """Move the start of a scheduled run, unless an operator changed its state just now."""
    detail = _("Its start was moved to %(at)s, when the sending window opens.") % {
        "at": clock(to, zone=run.timezone)
    }
    with transaction.atomic():
        moved = Run.objects.filter(pk=run.pk, state=RunState.SCHEDULED).update(
            starts_at=to, state_detail=detail
        )
        if moved:
            RunEvent.objects.create(run_id=run.pk, state=RunState.SCHEDULED, detail=detail)


def advance_run(*, run: CampaignRun) -> None:
    """Take a run through the preparation steps that are possible now.

    First, friend lists that were never synced are synced, because planning assigns a person to an
    account that has them as a friend. Then the run is planned, and the lanes are woken.

    Raises:
        Refusal: the run needs an approval that it does not have.
    """
    if run.state != RunState.PREPARING:
        return
    refuse_unapproved(run)  # whatever started it
    if sync_missing_friend_lists(run.campaign):
        return
    if not accounts_of(campaign=run.campaign).working().exists():
        change_run_state(run_id=run.pk, to=RunState.STOPPED, detail=_no_account_reason(run))
        return
    if plan_run(run=run):
        wake_lanes(account_ids=accounts_to_wake(run_ids=[run.pk]))


def _no_account_reason(run: CampaignRun) -> str:
    account = accounts_of(campaign=run.campaign).stopped().first()
    if account is None:
        return _("The campaign has no account.")
    return _("No account can send. %(uin)s: %(why)s") % {
        "uin": account.uin,
        "why": account.state_detail or StateReason(account.state_reason).label,
    }


def wake_planner(*, run_id: int) -> None:
    """Ask the jobs worker to advance a run now instead of at the next tick."""
    publish("campaigns.tasks.advance_run", JOBS, [(run_id,)])
