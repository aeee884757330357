"""Requests for an approval: found, made, renewed, withdrawn. In the caller's transaction."""

from __future__ import annotations

from typing import Any

from campaigns.approvals.definition import Definition
from campaigns.approvals.people_hash import PeopleHash
from campaigns.models import Approval, Campaign, CampaignRun, Sequence, SequenceApproval
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


def create_sequence_request(
    sequence: Sequence, *, definition: Definition, by: Any
) -> SequenceApproval:
    """Create the request to approve a sequence. A request that was open is withdrawn.

    Args:
        sequence: the sequence.
        definition: what is to be approved.
        by: who asks; None for the command line.
    """
    withdraw_request(sequence, by=by)
    return SequenceApproval.objects.create(
        sequence=sequence,
        hash=definition.rule_hash,
        definition=definition.stored,
        requested_by=by,
        at=shared.wall(),
    )


def withdraw_request(of: Campaign | CampaignRun | Sequence, *, by: Any = None) -> None:
    """Withdraw the open request of a campaign, a run or a sequence, if there is one."""
    of.approvals.waiting().transition(
        to=ApprovalState.WITHDRAWN, decided_by=by, decided_at=shared.wall()
    )


def open_request(of: Campaign | Sequence) -> Any:
    """Return the request of a campaign or a sequence that waits for a decision, or None."""
    return of.approvals.waiting().first()


def last_approval(of: Campaign | Sequence) -> Any:
    """Return the newest approval that a campaign or a sequence got, or None."""
    return of.approvals.filter(state=ApprovalState.APPROVED).first()
