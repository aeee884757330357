"""A run's limits on messages to one person: a frequency cap, and once across campaigns.

Planning skips the people who are over a limit. What is sent between planning and sending counts
too, so the feed and the mark check again. See docs/decisions/0025-limits-per-person.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from clocks import shared
from sending.models import OnceAcross, Run


@dataclass(frozen=True, slots=True)
class PersonLimits:
    """The limits of one run. A run without limits has None instead, and costs nothing.

    Attributes:
        cap_most: the most messages to a person within `cap_seconds`; None: no cap.
        cap_seconds: the period of the cap, which ends now.
        has_once_across: whether a person gets one message of this run's origins together.
    """

    cap_most: int | None
    cap_seconds: int
    has_once_across: bool

    def since(self) -> tuple[datetime, datetime]:
        """Return the moment after which messages count, as wall time and as shared time."""
        span = timedelta(seconds=self.cap_seconds)
        return shared.wall() - span, shared.now() - span


def limits_of(run: Run) -> PersonLimits | None:
    """Return the limits of a run, or None if it has none."""
    has_once_across = OnceAcross.objects.filter(run_id=run.pk).exists()
    if run.cap_most is None and not has_once_across:
        return None
    return PersonLimits(run.cap_most, run.cap_seconds or 0, has_once_across)
