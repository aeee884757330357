"""One thing that needs somebody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from foundation.ages import how_long


class Kind(StrEnum):
    """What sorts of things wait for somebody; each has a function in one of the modules beside."""

    APPROVALS = "approvals"
    DROPPED_DATES = "dropped_dates"
    FAILED_IMPORTS = "failed_imports"
    FAILED_NOTIFICATIONS = "failed_notifications"
    FAILED_REPORT_MAILS = "failed_report_mails"
    FAILED_UPKEEP = "failed_upkeep"
    FAILING_WEBHOOKS = "failing_webhooks"
    FRIEND_REQUESTS = "friend_requests"
    HELD = "held"
    LOST_FRIENDS = "lost_friends"
    NO_WORKER = "no_worker"
    OUTAGES = "outages"
    QUARANTINED = "quarantined"
    SENT_BACK = "sent_back"
    STOPPED_RUNS = "stopped_runs"
    STOPPED_SCHEDULES = "stopped_schedules"
    STOPPED_SEQUENCES = "stopped_sequences"
    UNANSWERED_CONVERSATIONS = "unanswered_conversations"
    UNCONFIRMED_IMPORTS = "unconfirmed_imports"
    UNDECIDED_TESTS = "undecided_tests"
    UNHANDLED_MESSAGES = "unhandled_messages"
    UNKNOWN = "unknown"
    UNREAD_CONVERSATIONS = "unread_conversations"
    WRONG_CLOCKS = "wrong_clocks"


@dataclass(frozen=True)
class AttentionItem:
    """A thing that waits, and the page where it can be dealt with.

    Args:
        kind: what sort of thing it is.
        sentence: what it is and what to do.
        button: the label of the link.
        address: the URL of the link.
        colour: "danger" if sending is blocked, else "warning".
        since: when it began to wait, by the wall clock; None if that is not known.
    """

    kind: Kind
    sentence: str
    button: str
    address: str
    colour: str = "warning"
    since: datetime | None = None

    @property
    def age(self) -> str:
        """How long it has waited, in words; "" if that is not known."""
        return how_long(self.since)
