"""The services that start, pause, resume and cancel a run and resolve unknown deliveries.

Each takes effect before the next message of every account (rule 7). A mark is refused as soon as
the run is not running, so no new message is sent. Requests without an answer are still repeated
under their SEQ, except in a cancelled run.
"""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from campaigns.approvals.need import approval_needed
from campaigns.approvals.requests import open_request, withdraw_request
from campaigns.models import Campaign, CampaignRun
from campaigns.planning.prepare import wake_planner
from campaigns.run_control.ask_approval import (
    ask_for_run,
    has_void_request,
    replace_waiting_run,
)
from campaigns.run_control.new_run import hold, make_run, refuse_active, refuse_unready
from campaigns.run_control.operator_name import operator_name
from campaigns.run_control.reopening import not_possible, refuse_reopening, reopen
from clocks import shared
from foundation.archiving import refuse_archived
from foundation.sentences import Sentence as _
from sending.models import Delivery, RunEvent
from sending.runs.deliveries import cancel_pending, move_deliveries
from sending.runs.transitions import change_run_state
from sending.states import DeliveryState, RunState
from sending.wake_ups.wake import accounts_to_wake, wake_lanes

#: Pending deliveries that are cancelled immediately. The others are cancelled in the background.
CANCELLED_AT_ONCE = 5_000


def start_campaign(*, campaign: Campaign, by: Any = None) -> CampaignRun:
    """Start a campaign: create a run with its own copy of the definition, and prepare it.

    Args:
        campaign: the campaign.
        by: the operator; None for the command line.

    Returns:
        the run: awaiting approval if it needs one, scheduled if the campaign has a later start
        time, else preparing.

    Raises:
        Refusal: a run is already active (`already_active`), the audience is empty (`no_audience`),
            no account can send (`no_account`), or the campaign is archived (`archived`).
        TextProblem: the text cannot be compiled.
    """
    refuse_archived(campaign)
    is_needed = approval_needed(campaign)
    waiting = open_request(campaign)
    if waiting is None or (is_needed and not has_void_request(campaign)):
        refuse_active(campaign)
    refuse_unready(campaign)
    is_later = campaign.starts_at is not None and campaign.starts_at > shared.wall()
    starts_at = campaign.starts_at if is_later else None
    to = RunState.SCHEDULED if is_later else RunState.PREPARING
    try:
        if is_needed:
            return ask_for_run(campaign=campaign, starts_at=starts_at, by=by)
        with transaction.atomic():
            hold(campaign)
            replace_waiting_run(campaign, by=by)
            run = make_run(campaign, starts_at=starts_at)
            change_run_state(run_id=run.pk, to=to, by=by)
    except IntegrityError:
        refuse_active(campaign)
        raise
    if not is_later:
        wake_planner(run_id=run.pk)
    run.refresh_from_db()
    return run


def pause_run(*, run: CampaignRun, by: Any = None) -> None:
    """Pause a run. No new message is sent until it is resumed; open requests are resolved.

    Raises:
        Refusal: the run is not running (`wrong_state`).
    """
    if not change_run_state(
        run_id=run.pk,
        to=RunState.PAUSED,
        detail=_("Paused by %(who)s.") % {"who": operator_name(by)},
        by=by,
    ):
        raise not_possible(run, _("Only a running campaign can be paused."))


def resume_run(*, run: CampaignRun, by: Any = None) -> None:
    """Resume a run that was paused, or that stopped after errors.

    Raises:
        Refusal: the run is neither paused nor stopped (`wrong_state`), or another run of the
            campaign is active (`already_active`).
    """
    run.refresh_from_db()
    # A run that stopped before it was planned is prepared again.
    to = RunState.RUNNING if run.planned_at is not None else RunState.PREPARING
    try:
        is_resumed = run.state in (RunState.PAUSED, RunState.STOPPED) and change_run_state(
            run_id=run.pk, to=to, by=by
        )
    except IntegrityError:
        refuse_active(run.campaign)
        raise
    if not is_resumed:
        raise not_possible(run, _("Only a paused or stopped campaign can be resumed."))
    if to == RunState.PREPARING:
        wake_planner(run_id=run.pk)
        return
    wake_lanes(account_ids=accounts_to_wake(run_ids=[run.pk]))


def cancel_run(*, run: CampaignRun, by: Any = None) -> None:
    """Cancel a run permanently. Requests in flight finish and count; nothing else is sent.

    Raises:
        Refusal: the run has already ended (`wrong_state`).
    """
    if not change_run_state(
        run_id=run.pk,
        to=RunState.CANCELLED,
        detail=_("Cancelled by %(who)s.") % {"who": operator_name(by)},
        by=by,
    ):
        raise not_possible(run, _("A run that has ended cannot be cancelled."))
    withdraw_request(run, by=by)
    cancel_pending(run_id=run.pk, limit=CANCELLED_AT_ONCE)


def resolve_unknown(*, deliveries: QuerySet[Delivery], to: str, by: Any = None) -> int:
    """Record an operator's decision on deliveries whose result is unknown.

    Args:
        deliveries: the deliveries; those that are not unknown are not changed.
        to: sent (it arrived), failed (it did not arrive), or pending (send again).
        by: the operator.

    Returns:
        the number of deliveries that were resolved.

    Raises:
        Refusal: they should be sent again, but one of their runs was cancelled or a later run of
            its campaign is active. No delivery is changed in that case.
    """
    unknown = deliveries.filter(state=DeliveryState.UNKNOWN)
    if to == DeliveryState.PENDING:
        # Erased: there is no recipient. Of a test: it is sent anew, not again.
        unknown = unknown.exclude(uin=0).filter(run__in=CampaignRun.objects.values("pk"))
    runs = list(CampaignRun.objects.filter(pk__in=unknown.order_by().values("run_id").distinct()))
    if to == DeliveryState.PENDING:
        for run in runs:
            refuse_reopening(run)
    moved = move_deliveries(deliveries=unknown, to=to)
    for run in runs:
        detail = _("%(n)d unknown deliveries resolved as %(to)s.") % {
            "n": moved,
            "to": DeliveryState(to).label,
        }
        if to == DeliveryState.PENDING:
            reopen(run, by=by, detail=detail)
        else:
            RunEvent.objects.create(run=run, state=run.state, detail=detail, by=by)
    return moved
