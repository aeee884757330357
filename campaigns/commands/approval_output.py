"""The output of `campaign approve` and `campaign reject`."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from campaigns.models import Approval
from campaigns.states import ApprovalState
from foundation.times import utc_iso


def approval_data(approval: Approval) -> dict[str, Any]:
    """Return an approval for JSON. The keys are a public interface."""
    campaign, run = approval.campaign, approval.run
    if run is not None:
        run.refresh_from_db()
    else:
        campaign.refresh_from_db()
    return {
        "campaign": campaign.name,
        "run": run.number if run is not None else None,
        "state": run.state if run is not None else campaign.schedule_state,
        "approval": approval.state,
        "hash": approval.hash,
        "requested_by": _name(approval.requested_by),
        "by": _name(approval.decided_by),
        "comment": approval.comment,
        "at": utc_iso(approval.decided_at or approval.at),
        "sentence": approval_sentence(approval),
    }


def approval_sentence(approval: Approval) -> str:
    """Return what was decided."""
    sentence = (
        _("“%(name)s” is approved by %(who)s.")
        if approval.state == ApprovalState.APPROVED
        else _("“%(name)s” is sent back by %(who)s.")
    )
    return sentence % {"name": approval.campaign.name, "who": approval.decided_by}


def _name(user: Any) -> str | None:
    return user.get_username() if user is not None else None
