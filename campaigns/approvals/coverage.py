"""Which approval covers a campaign or a run now.

Every run of a campaign passes `refuse_unapproved` before it is planned, however it was started.
"""

from __future__ import annotations

from campaigns.approvals.definition import definition_of
from campaigns.approvals.differences import changed_labels
from campaigns.approvals.need import approval_needed
from campaigns.approvals.sequence_coverage import refuse_unapproved_sequence
from campaigns.models import Approval, Campaign, CampaignRun, Sequence
from campaigns.states import ApprovalState
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _


def approval_of_rule(campaign: Campaign) -> Approval | None:
    """Return the approval that covers a repeated campaign as it is defined now, or None."""
    found: Approval | None = campaign.approvals.filter(
        state=ApprovalState.APPROVED, run=None, rule_hash=definition_of(campaign).rule_hash
    ).first()
    return found


def refuse_unapproved(run: CampaignRun) -> None:
    """Refuse to plan a run, or to send failed deliveries again, without an approval.

    The texts and rules of a run are its own copy. Its accounts and pools are not, so they are
    compared. A run of a step is covered by the approval of its sequence.

    Raises:
        Refusal: it needs an approval and has none (`not_approved`), or its accounts or
            pools were changed since it was approved (`changed`).
    """
    sequence = Sequence.objects.filter(steps__run=run.pk).first()
    if sequence is not None:
        refuse_unapproved_sequence(sequence)
        return
    if not approval_needed(run.campaign):
        return
    approval = run.approval
    if approval is None or approval.state != ApprovalState.APPROVED:
        raise Refusal(
            _(
                "“%(name)s” needs an approval, and run %(number)d has none. Cancel it, and start "
                "a new run: it asks for the approval."
            )
            % {"name": run.campaign.name, "number": run.number},
            code="not_approved",
        )
    approved, now = approval.definition, definition_of(run.campaign)
    if any(approved["rules"].get(key) != now.rules[key] for key in ("accounts", "pools")):
        raise Refusal(
            _(
                "The accounts of “%(name)s” were changed since run %(number)d was approved. Undo "
                "that, or start a new run: it asks for an approval."
            )
            % {"name": run.campaign.name, "number": run.number},
            code="changed",
        )


def refuse_more_people(run: CampaignRun) -> None:
    """Refuse late-comers that no approval covers.

    A campaign that starts once was approved for exactly its people. A repeated one was approved for
    its rule, which covers late-comers as long as it is the same.

    Raises:
        Refusal: no approval covers them (`not_approved`, `changed`).
    """
    if not approval_needed(run.campaign):
        return
    refuse_unapproved(run)
    approval = run.approval
    if approval is not None and approval.run_id is not None:
        raise Refusal(
            _(
                "“%(name)s” was approved for exactly the people it had. Send to late-comers with "
                "a new run: it asks for an approval."
            )
            % {"name": run.campaign.name},
            code="not_approved",
        )
    if approval_of_rule(run.campaign) is None:
        raise changed_refusal(run.campaign, approval)


def changed_refusal(campaign: Campaign, approval: Approval | None) -> Refusal:
    """Return the refusal for a campaign that is not what was approved any more."""
    now = definition_of(campaign).stored
    labels = changed_labels(approval.definition, now) if approval is not None else ""
    return Refusal(
        _("“%(name)s” was changed since then (%(what)s). Start it again: it asks for an approval.")
        % {"name": campaign.name, "what": labels or "–"},
        code="changed",
        changed=labels,
    )
