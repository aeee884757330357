"""The services by which a second person approves a request, or sends it back.

The campaign is locked meanwhile, so a change is either seen here, and the request is void, or it
comes after the run has its copy and is approved (decision 0030).
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from campaigns.approvals.begin import people_changed_sentence
from campaigns.approvals.coverage import changed_refusal
from campaigns.approvals.decide import (
    decide,
    nothing_waits,
    other_request,
    refuse_comment,
    with_comment,
)
from campaigns.approvals.definition import Definition, locked_definition
from campaigns.approvals.people_hash import PeopleHash, people_hash_of
from campaigns.approvals.requests import create_request, open_request
from campaigns.approvals.rights import refuse_approver
from campaigns.models import Approval, Campaign, CampaignRun
from campaigns.planning.prepare import wake_planner
from campaigns.rehearsals.lifecycle import rehearse_request
from campaigns.run_control.new_run import refuse_past_deadline
from campaigns.run_control.schedule import begin_schedule, send_schedule_back
from campaigns.scheduling.times import deadline_of
from campaigns.states import ApprovalState
from clocks import shared
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from sending.runs.transitions import change_run_state
from sending.states import RunState


def approve(*, campaign: Campaign, by: Any, comment: str = "", seen: str | None = None) -> Approval:
    """Approve what a campaign asks for: its run starts, or its schedule.

    Args:
        campaign: the campaign.
        by: the operator who approves.
        comment: a comment of theirs.
        seen: the hash that they looked at; None to approve the open request, whatever it is.

    Returns:
        the approval.

    Raises:
        Refusal: nothing waits (`nothing_to_approve`), they may not (`no_right`, `own_campaign`,
            `nobody`), it is not what was asked for any more (`changed`), or its deadline has
            passed (`deadline_past`). If only its people have changed, the request is renewed.
    """
    refuse_comment(comment)
    request = _open(campaign)
    people = people_hash_of(request.run) if request.run is not None else PeopleHash()
    with transaction.atomic():
        campaign, definition = locked_definition(campaign)
        request = _locked(request)
        refuse_approver(request, by=by)
        if seen is not None and seen != request.hash:
            raise other_request(campaign)
        if definition.rule_hash != request.rule_hash:
            raise changed_refusal(campaign, request)
        is_same = request.run_id is None or people.hexdigest == request.audience_hash
        if is_same:
            decide(request, ApprovalState.APPROVED, by=by, comment=comment)
            _start(request, definition, by=by, comment=comment)
        else:
            renewed = create_request(
                campaign,
                definition=definition,
                people=people,
                run=request.run,
                by=request.requested_by,
            )
    if not is_same:
        rehearse_request(renewed)
        raise Refusal(people_changed_sentence(request, people.people), code="changed")
    if request.run is not None:
        wake_planner(run_id=request.run.pk)
    return request


def reject(*, campaign: Campaign, by: Any, comment: str = "") -> Approval:
    """Send back what a campaign asks for: its run becomes a draft, its schedule is not started.

    Args:
        campaign: the campaign.
        by: the operator who sends it back.
        comment: what should be changed.

    Raises:
        Refusal: nothing waits, or they may not (as for `approve`).
    """
    refuse_comment(comment)
    request = _open(campaign)
    with transaction.atomic():
        campaign, _definition = locked_definition(campaign)
        request = _locked(request)
        refuse_approver(request, by=by)
        decide(request, ApprovalState.REJECTED, by=by, comment=comment)
        detail = with_comment(_("Sent back by %(who)s."), by, comment)
        if request.run is not None:
            change_run_state(run_id=request.run.pk, to=RunState.DRAFT, detail=detail, by=by)
        else:
            send_schedule_back(campaign, detail=detail, by=by)
    return request


def _start(request: Approval, definition: Definition, *, by: Any, comment: str) -> None:
    """Start what was approved, in the transaction of the decision."""
    if request.run is None:
        begin_schedule(request.campaign, by=by)
        return
    run: CampaignRun = request.run
    CampaignRun.objects.filter(pk=run.pk).update(approval=request)
    # The tick starts a run with a start time, a late one by the campaign's own choice.
    to = RunState.SCHEDULED if run.starts_at is not None else RunState.PREPARING
    deadline = deadline_of(request.campaign, starts_at=run.starts_at or shared.wall())
    refuse_past_deadline(request.campaign, deadline)
    detail = with_comment(_("Approved by %(who)s."), by, comment)
    if not change_run_state(run_id=run.pk, to=to, detail=detail, by=by, deadline_at=deadline):
        raise nothing_waits(request.campaign)


def _open(campaign: Campaign) -> Approval:
    request: Approval | None = open_request(campaign)
    if request is None:
        raise nothing_waits(campaign)
    return request


def _locked(request: Approval) -> Approval:
    """Return a request as it is now, locked.

    Raises:
        Refusal: it was decided or withdrawn meanwhile.
    """
    rows = Approval.objects.select_for_update(of=("self",)).select_related("campaign", "run")
    found: Approval | None = rows.filter(pk=request.pk, state=ApprovalState.REQUESTED).first()
    if found is None:
        raise nothing_waits(request.campaign)
    return found
