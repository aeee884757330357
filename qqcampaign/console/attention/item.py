"""One thing that needs somebody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from clocks import shared
from foundation.times import age


@dataclass(frozen=True)
class AttentionItem:
    """A thing that waits, and the page where it can be dealt with.

    Args:
        kind: what sort of thing it is, the same in every language.
        sentence: what it is and what to do.
        button: the label of the link.
        address: the URL of the link.
        colour: "danger" if sending is blocked, else "warning".
        since: when it began to wait, by the wall clock; None if that is not known.
    """

    kind: str
    sentence: str
    button: str
    address: str
    colour: str = "warning"
    since: datetime | None = None

    @property
    def age(self) -> str:
        """How long it has waited, in words; "" if that is not known."""
        return age((shared.wall() - self.since).total_seconds()) if self.since else ""
