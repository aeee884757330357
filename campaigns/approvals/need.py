"""Whether nothing of a campaign or of a sequence may be sent without an approval."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from campaigns.approvals.definition import texts_of
from campaigns.approvals.sequence_definition import texts_of_sequence
from campaigns.models import Campaign, Sequence
from campaigns.models.approval_settings import settings_row
from sending.forbidden_words import approval_words, holds_one


def approval_needed(campaign: Campaign) -> bool:
    """Return whether nothing of a campaign may be sent without an approval."""
    if settings_row().is_required or campaign.needs_approval:
        return True
    return _hold_a_word(lambda: texts_of(campaign))


def sequence_needs_approval(sequence: Sequence) -> bool:
    """Return whether nothing of a sequence may be sent without an approval.

    The campaign of a step can be marked "needs approval" once the sequence has started.
    """
    if settings_row().is_required:
        return True
    if sequence.steps.filter(campaign__needs_approval=True).exists():
        return True
    return _hold_a_word(lambda: texts_of_sequence(sequence))


def _hold_a_word(read_texts: Callable[[], list[dict[str, Any]]]) -> bool:
    """Return whether a text holds a word that is marked "hold for approval".

    The texts are read only if there are such words: ticks and pages ask this.
    """
    words = approval_words()
    return words is not None and holds_one(words, (one["text"] for one in read_texts()))
