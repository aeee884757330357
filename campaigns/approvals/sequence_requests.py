"""Requests to approve a sequence: made, renewed, withdrawn. In the caller's transaction."""

from __future__ import annotations

from typing import Any

from campaigns.approvals.definition import Definition
from campaigns.models import Sequence, SequenceApproval
from campaigns.states import ApprovalState
from clocks import shared


def create_sequence_request(
    sequence: Sequence, *, definition: Definition, by: Any
) -> SequenceApproval:
    """Create the request to approve a sequence. A request that was open is withdrawn.

    Args:
        sequence: the sequence.
        definition: what is to be approved.
        by: who asks; None for the command line.
    """
    withdraw_sequence_request(sequence, by=by)
    return SequenceApproval.objects.create(
        sequence=sequence,
        hash=definition.rule_hash,
        definition=definition.stored,
        requested_by=by,
        at=shared.wall(),
    )


def withdraw_sequence_request(sequence: Sequence, *, by: Any = None) -> None:
    """Withdraw the open request of a sequence, if there is one."""
    sequence.approvals.waiting().transition(
        to=ApprovalState.WITHDRAWN, decided_by=by, decided_at=shared.wall()
    )
