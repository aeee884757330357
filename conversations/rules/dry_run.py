"""Trying a rule out: which of the last messages it fits. Nothing is done with them."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import InboundKind, InboundMessage
from conversations.models import ReplyRule
from conversations.rules.matching import fitting

#: How many messages a dry run looks at, and how many of those that fit it returns.
MESSAGES, SHOWN = 1_000, 50


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a rule would have fitted.

    Attributes:
        looked_at: the messages that were looked at.
        matched: how many the rule fits.
        people: how many people wrote these.
        sample: the newest of them.
    """

    looked_at: int
    matched: int
    people: int
    sample: list[InboundMessage]


def dry_run(*, rule: ReplyRule) -> DryRun:
    """Return which of the last messages of people a rule fits, by what lists and segments are now.

    Other rules are not asked, and nothing changes.

    Raises:
        Refusal: the rule's segment cannot be evaluated.
    """
    rows = InboundMessage.objects.filter(kind=InboundKind.USER).select_related("account")
    messages = list(rows.order_by("-pk")[:MESSAGES])
    found = fitting(rule, messages)
    return DryRun(
        looked_at=len(messages),
        matched=len(found),
        people=len({message.uin for message in found}),
        sample=found[:SHOWN],
    )
