"""Which approval covers a sequence now."""

from __future__ import annotations

from campaigns.approvals.differences import changed_labels
from campaigns.approvals.need import sequence_needs_approval
from campaigns.approvals.requests import last_approval, open_request
from campaigns.approvals.sequence_definition import definition_of_sequence
from campaigns.models import Sequence, SequenceApproval
from campaigns.states import ApprovalState
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _


def has_void_request(sequence: Sequence) -> bool:
    """Return whether the sequence was changed since its open request was made."""
    request = open_request(sequence)
    return request is not None and definition_of_sequence(sequence).rule_hash != request.hash


def needs_new_approval(sequence: Sequence) -> bool:
    """Return whether a sequence needs an approval, and none covers what it is now."""
    if not sequence_needs_approval(sequence):
        return False
    approved = sequence.approvals.filter(
        state=ApprovalState.APPROVED, hash=definition_of_sequence(sequence).rule_hash
    )
    return not approved.exists()


def refuse_unapproved_sequence(sequence: Sequence) -> None:
    """Refuse to plan more of a sequence, or to send its failed messages again, without an approval.

    Raises:
        Refusal: it needs an approval and has none (`needs_approval`), or it is not what was
            approved any more (`changed`).
    """
    if not needs_new_approval(sequence):
        return
    before = last_approval(sequence)
    if before is None:
        raise Refusal(
            _("The sequence “%(name)s” needs an approval now. Start it: that asks for one.")
            % {"name": sequence.name},
            code="needs_approval",
        )
    raise changed_sequence_refusal(sequence, before)


def changed_sequence_refusal(sequence: Sequence, before: SequenceApproval) -> Refusal:
    """Return the refusal for a sequence that is not what was approved, or asked for, any more."""
    now = definition_of_sequence(sequence).stored
    labels = changed_labels(before.definition, now, of=Sequence)
    return Refusal(
        _("“%(name)s” was changed since then (%(what)s). Start it again: it asks for an approval.")
        % {"name": sequence.name, "what": labels or "–"},
        code="changed",
        changed=labels,
    )
