"""Decide about a start that is due: the run starts, waits for a window, or is dropped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.states import Late
from foundation.sentences import Sentence as _
from foundation.times import clock
from sending.runs.windows import SendingTimes

#: A start that did not happen within this time is late.
LATE_AFTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do with a due start: wait until a moment, drop it for a reason, or else start it."""

    wait_until: datetime | None = None
    drop: str = ""


def judge_start(*, now: datetime, due_at: datetime, times: SendingTimes, late: str) -> Verdict:
    """Return what to do with a start whose time has come.

    Args:
        now: the database's clock.
        due_at: its time, or the moment to which it was moved.
        times: when it may send.
        late: the campaign's policy, see `Late`.
    """
    opening = times.next_opening(now)
    if opening is None:
        return Verdict(drop=_("No sending window opens within a year."))
    if opening > now:
        if late == Late.DROP and opening - due_at > LATE_AFTER:
            return Verdict(
                drop=_("The sending window was closed; it opens at %(at)s.")
                % {"at": clock(opening, zone=times.zone)}
            )
        return Verdict(wait_until=opening)
    if now - due_at <= LATE_AFTER or late == Late.SEND:
        return Verdict()
    if late == Late.DROP:
        return Verdict(drop=_("It could not start within 15 minutes."))
    closes = times.next_change(now)
    return Verdict(wait_until=times.next_change(closes) if closes is not None else None)
