"""One message of a thread, whatever it came from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.reason_text import reason_text
from foundation.times import utc_iso
from sending.code_meanings import code_meaning
from sending.models import Delivery


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a thread.

    Attributes:
        at: when it arrived or was sent; while it waits, when it was asked for or planned.
        is_ours: whether we wrote it.
        kind: `inbound`, `campaign`, `test`, `answer`, or that of a registered source: `message`.
        pk: the key of the inbound message or of the delivery.
        state: the state of the delivery; "" for an inbound message.
        words: the state in words, with the reason.
        source: what sent it: a campaign's run, a test; "" otherwise.
        by: who answered; "" for no operator.
        is_automatic: whether no operator asked for this answer.
    """

    at: datetime
    is_ours: bool
    kind: str
    pk: int
    text: str
    state: str = ""
    words: str = ""
    last_res: str = ""
    seq: int | None = None
    source: str = ""
    variant: str = ""
    by: str = ""
    is_automatic: bool = False

    @property
    def code(self) -> Any:
        """The last result code with its meaning."""
        return code_meaning(self.last_res) if self.last_res else ""

    def as_data(self) -> dict[str, Any]:
        """Return the message for JSON. The keys are a public interface."""
        return {
            "at": utc_iso(self.at),
            "direction": "out" if self.is_ours else "in",
            "kind": self.kind,
            "id": self.pk,
            "text": self.text,
            "state": self.state or None,
            "sentence": self.words or None,
            "last_res": self.last_res or None,
            "seq": self.seq,
            "source": self.source or None,
            "variant": self.variant or None,
            "by": self.by or None,
            "automatic": self.is_automatic,
        }


def standing_of(row: Delivery) -> dict[str, Any]:
    """Return where a delivery stands, as the fields of a message."""
    words: Iterable[Any] = (row.get_state_display(), reason_text(row.reason))
    return {
        "state": row.state,
        "words": ": ".join(str(word) for word in words if word),
        "last_res": row.last_res,
        "seq": row.seq,
    }
