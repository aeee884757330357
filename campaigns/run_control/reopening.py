"""Reopening a run that is over, so that some of its deliveries are sent again."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError

from campaigns.approvals.coverage import refuse_unapproved
from campaigns.models import CampaignRun
from campaigns.reports.removed import refuse_removed
from campaigns.run_control.new_run import refuse_active
from clocks import shared
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from sending.models import RunEvent
from sending.runs.transitions import change_run_state
from sending.states import RunState
from sending.wake_ups.wake import accounts_to_wake, wake_lanes


def refuse_reopening(run: CampaignRun) -> None:
    """Refuse a run that cannot be reopened, before any delivery becomes pending in it.

    Raises:
        Refusal: the run was cancelled or its deadline has passed (`wrong_state`), another run of
            the campaign is active (`already_active`), its deliveries are removed because of their
            age (`removed`), or it lacks a needed approval (`not_approved`, `changed`).
    """
    run.refresh_from_db()
    if run.state == RunState.CANCELLED:
        raise not_possible(run, _("Start a new run instead."))
    if run.deadline_at is not None and run.deadline_at <= shared.wall():
        raise not_possible(run, _("Its deadline has passed: start a new run instead."))
    refuse_removed(run)
    if run.state in (RunState.FINISHED, RunState.STOPPED):
        refuse_active(run.campaign)
    refuse_unapproved(run)


def reopen(run: CampaignRun, *, by: Any, detail: str) -> None:
    """Let a run send what is pending again, and record why in its timeline.

    Args:
        run: the run; one that has not ended keeps its state.
        by: the operator; None for the command line.
        detail: the entry of the timeline.
    """
    if run.state in (RunState.FINISHED, RunState.STOPPED):
        try:
            change_run_state(run_id=run.pk, to=RunState.RUNNING, detail=detail, by=by)
        except IntegrityError:
            refuse_active(run.campaign)
    else:
        RunEvent.objects.create(run=run, state=run.state, detail=detail, by=by)
    wake_lanes(account_ids=accounts_to_wake(run_ids=[run.pk]))


def not_possible(run: CampaignRun, advice: str) -> Refusal:
    """Return the refusal of something that a run's state does not allow."""
    run.refresh_from_db()
    return Refusal(
        _("“%(name)s” is %(state)s. %(advice)s")
        % {"name": run.campaign.name, "state": run.get_state_display(), "advice": advice},
        code="wrong_state",
        state=run.state,
    )
