"""The services by which a second person approves a sequence, or sends it back.

The sequence is locked meanwhile, as a campaign is (decision 0030).
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from campaigns.approvals.decide import (
    decide,
    nothing_waits,
    other_request,
    refuse_comment,
    with_comment,
)
from campaigns.approvals.requests import open_request
from campaigns.approvals.rights import refuse_approver
from campaigns.approvals.sequence_coverage import changed_sequence_refusal
from campaigns.approvals.sequence_definition import locked_sequence_definition
from campaigns.models import Sequence, SequenceApproval
from campaigns.sequence_states import SequenceState
from campaigns.sequences.begin import begin_or_continue, move, refuse_unready_sequence
from campaigns.states import ApprovalState
from foundation.sentences import Sentence as _


def approve_sequence(
    *, sequence: Sequence, by: Any, comment: str = "", seen: str | None = None
) -> SequenceApproval:
    """Approve what a sequence asks for: it starts, or continues.

    Args:
        sequence: the sequence.
        by: the operator who approves.
        comment: a comment of theirs.
        seen: the hash that they looked at; None to approve the open request, whatever it is.

    Returns:
        the approval.

    Raises:
        Refusal: nothing waits (`nothing_to_approve`), they may not (`no_right`, `own_campaign`,
            `nobody`), it is not what was asked for any more (`changed`), or it cannot start (see
            `start_sequence`).
        TextProblem: a text cannot be compiled any more.
    """
    refuse_comment(comment)
    with transaction.atomic():
        found, definition = locked_sequence_definition(sequence)
        request = _open(found)
        refuse_approver(request, by=by)
        if seen is not None and seen != request.hash:
            raise other_request(found)
        if definition.rule_hash != request.hash:
            raise changed_sequence_refusal(found, request)
        if found.started_at is None:
            refuse_unready_sequence(found)
        decide(request, ApprovalState.APPROVED, by=by, comment=comment)
        detail = with_comment(_("Approved by %(who)s."), by, comment)
        begin_or_continue(found, detail=detail, by=by)
    sequence.refresh_from_db()
    return request


def reject_sequence(*, sequence: Sequence, by: Any, comment: str = "") -> SequenceApproval:
    """Send back what a sequence asks for: it stays what it was, not started or stopped.

    Args:
        sequence: the sequence.
        by: the operator who sends it back.
        comment: what should be changed.

    Raises:
        Refusal: nothing waits, or they may not (as for `approve_sequence`).
    """
    refuse_comment(comment)
    with transaction.atomic():
        found, _definition = locked_sequence_definition(sequence)
        request = _open(found)
        refuse_approver(request, by=by)
        decide(request, ApprovalState.REJECTED, by=by, comment=comment)
        detail = with_comment(_("Sent back by %(who)s."), by, comment)
        to = SequenceState.DRAFT if found.started_at is None else SequenceState.STOPPED
        move(found, to, detail, by=by)
    sequence.refresh_from_db()
    return request


def _open(sequence: Sequence) -> SequenceApproval:
    """Return the open request, locked by the lock on its sequence."""
    request: SequenceApproval | None = open_request(sequence)
    if request is None:
        raise nothing_waits(sequence)
    return request
