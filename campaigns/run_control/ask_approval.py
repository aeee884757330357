"""Starting what needs an approval: the run or the schedule waits, and a request is made."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from campaigns.approvals.definition import definition_of, fingerprint_of, locked_definition
from campaigns.approvals.people_hash import PeopleHash
from campaigns.approvals.requests import create_request, open_request, withdraw_request
from campaigns.models import Approval, Campaign, CampaignRun
from campaigns.rehearsals.lifecycle import rehearse_request
from campaigns.run_control.new_run import make_run
from campaigns.run_control.operator_name import operator_name
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from sending.runs.transitions import change_run_state
from sending.states import RunState


def ask_for_run(*, campaign: Campaign, starts_at: datetime | None, by: Any) -> CampaignRun:
    """Make a run that waits for an approval of exactly what the campaign is now.

    Args:
        campaign: a campaign that can start.
        starts_at: when its sending is planned to begin; None for as soon as it is approved.
        by: who asks; None for the command line.

    Raises:
        Refusal: the campaign was changed at the same moment (`changed`).
    """
    seen = fingerprint_of(campaign)
    with transaction.atomic():
        campaign, definition = locked_definition(campaign)
        if definition.rule_hash != seen.definition.rule_hash:
            raise Refusal(
                _("“%(name)s” was changed in this moment. Look at it, then start it again.")
                % {"name": campaign.name},
                code="changed",
            )
        replace_waiting_run(campaign, by=by)
        run = make_run(campaign, starts_at=starts_at)
        detail = _("%(who)s asks for an approval.") % {"who": operator_name(by)}
        change_run_state(run_id=run.pk, to=RunState.AWAITING_APPROVAL, detail=detail, by=by)
        approval = create_request(
            campaign, definition=definition, people=seen.people, run=run, by=by
        )
    rehearse_request(approval)
    run.refresh_from_db()
    return run


def ask_for_rule(*, campaign: Campaign, by: Any) -> Approval:
    """Make the request to approve the rule of a repeated campaign, in the caller's transaction."""
    _campaign, definition = locked_definition(campaign)
    return create_request(campaign, definition=definition, people=PeopleHash(), run=None, by=by)


def has_void_request(campaign: Campaign) -> bool:
    """Return whether the campaign was changed since the approval for its waiting run was asked for.

    If only its people have changed, the attempt to approve it renews the request.
    """
    request: Approval | None = open_request(campaign)
    if request is None or request.run_id is None:
        return False
    return definition_of(campaign).rule_hash != request.rule_hash


def replace_waiting_run(campaign: Campaign, *, by: Any) -> None:
    """Cancel the run of a campaign that waits for an approval or was sent back, if there is one."""
    withdraw_request(campaign, by=by)
    detail = _("A new run takes its place.")
    waiting = campaign.runs.filter(state__in=(RunState.AWAITING_APPROVAL, RunState.DRAFT))
    for run_id in list(waiting.values_list("pk", flat=True)):
        change_run_state(run_id=run_id, to=RunState.CANCELLED, detail=detail, by=by)
