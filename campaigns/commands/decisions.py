"""The verbs `approve` and `reject`: what a second person decides."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from campaigns.commands.verb import Answer, Call, Verb
from campaigns.find import operator_named
from campaigns.models import Approval, ApprovalRequest
from campaigns.run_control.approve import approve, reject
from campaigns.states import ApprovalState
from foundation.times import utc_iso


def add_decision_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `--by` and `--comment`."""
    parser.add_argument("--by", metavar="USER", required=True, help="the operator who decides")
    parser.add_argument("--comment", default="", metavar="T", help="a comment that is kept")


def _decision(decide: Callable[..., Approval]) -> Callable[[Call], Answer]:
    def perform(call: Call) -> Answer:
        campaign = call.campaign()
        by = operator_named(call.options["by"])
        approval = decide(campaign=campaign, by=by, comment=call.options["comment"])
        return Answer(_data(approval), decision_sentence(approval))

    return perform


def _data(approval: Approval) -> dict[str, Any]:
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
        **decision_data(approval),
        "sentence": decision_sentence(approval),
    }


def decision_data(approval: ApprovalRequest) -> dict[str, Any]:
    """Return a decision for JSON: what was approved or sent back, by whom. A public interface."""
    return {
        "approval": approval.state,
        "hash": approval.hash,
        "requested_by": _name(approval.requested_by),
        "by": _name(approval.decided_by),
        "comment": approval.comment,
        "at": utc_iso(approval.decided_at or approval.at),
    }


def decision_sentence(approval: ApprovalRequest) -> str:
    """Return what was decided."""
    sentence = (
        _("“%(name)s” is approved by %(who)s.")
        if approval.state == ApprovalState.APPROVED
        else _("“%(name)s” is sent back by %(who)s.")
    )
    return sentence % {"name": approval.subject.name, "who": approval.decided_by}


def _name(user: Any) -> str | None:
    return user.get_username() if user is not None else None


VERBS = (
    Verb(
        "approve",
        "approve what it asks for: its run starts, or its schedule",
        _decision(approve),
        add_decision_arguments,
    ),
    Verb("reject", "send back what it asks for", _decision(reject), add_decision_arguments),
)
