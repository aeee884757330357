"""The start of a scheduled run: it begins only if it still is what was approved."""

from __future__ import annotations

from django.db import transaction

from campaigns.approvals.coverage import changed_refusal
from campaigns.approvals.definition import locked_definition
from campaigns.approvals.people_hash import people_hash_of
from campaigns.approvals.requests import create_request
from campaigns.models import Approval, CampaignRun
from campaigns.states import ApprovalState
from foundation.sentences import Sentence as _
from sending.runs.transitions import change_run_state
from sending.states import RunState


def begin_approved(run: CampaignRun) -> bool:
    """Begin a scheduled run whose time has come, if its approval covers it; return whether it did.

    If its people changed since it was approved, it waits for the approval of the new ones. If the
    campaign was changed, or approval was switched on after the run was scheduled, the run becomes a
    draft: its own copy is not what an approval would be for.

    Raises:
        Refusal: its audience cannot be evaluated.
    """
    people = people_hash_of(run)
    with transaction.atomic():
        campaign, definition = locked_definition(run.campaign)
        approval = run.approval
        if approval is None or approval.state != ApprovalState.APPROVED:
            detail: str = _("It needs an approval now. Start it again to ask for one.")
            change_run_state(run_id=run.pk, to=RunState.DRAFT, detail=detail)
            return False
        if definition.rule_hash != approval.rule_hash:
            detail = changed_refusal(campaign, approval).sentence
            change_run_state(run_id=run.pk, to=RunState.DRAFT, detail=detail)
            return False
        if people.hexdigest == approval.audience_hash:
            return change_run_state(run_id=run.pk, to=RunState.PREPARING)
        detail = people_changed_sentence(approval, people.people)
        if change_run_state(run_id=run.pk, to=RunState.AWAITING_APPROVAL, detail=detail):
            by = approval.requested_by
            create_request(campaign, definition=definition, people=people, run=run, by=by)
        return False


def people_changed_sentence(approval: Approval, now: int) -> str:
    """Return that other people would get the message than those of a request or an approval."""
    return _(
        "Its people have changed: there were %(then)s, and there are %(now)s now. The new ones "
        "need an approval."
    ) % {"then": f"{approval.people:,}", "now": f"{now:,}"}
