"""Requests for an approval: made, renewed, withdrawn. In the caller's transaction."""

from __future__ import annotations

from typing import Any

from campaigns.approvals.definition import Definition
from campaigns.approvals.people_hash import PeopleHash
from campaigns.models import Approval, Campaign, CampaignRun
from campaigns.states import ApprovalState
from clocks import shared


def create_request(
    campaign: Campaign,
    *,
    definition: Definition,
    people: PeopleHash,
    run: CampaignRun | None,
    by: Any,
) -> Approval:
    """Create the request to approve a run, or the rule of a repeated campaign.

    A request that was open is withdrawn.

    Args:
        campaign: the campaign.
        definition: what is to be approved.
        people: the people it comes to; none for a rule.
        run: the run that waits; None for a rule.
        by: who asks; None for the command line and for the schedule.
    """
    withdraw_request(campaign, by=by)
    audience_hash = people.hexdigest if run is not None else ""
    return Approval.objects.create(
        campaign=campaign,
        run=run,
        hash=definition.hash_with(audience_hash),
        rule_hash=definition.rule_hash,
        audience_hash=audience_hash,
        people=people.people,
        definition=definition.stored,
        requested_by=by,
        at=shared.wall(),
    )


def withdraw_request(of: Campaign | CampaignRun, *, by: Any = None) -> None:
    """Withdraw the open request of a campaign, or of a run of it, if there is one."""
    of.approvals.filter(state=ApprovalState.REQUESTED).transition(
        to=ApprovalState.WITHDRAWN, decided_by=by, decided_at=shared.wall()
    )
