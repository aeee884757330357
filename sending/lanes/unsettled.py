"""The attempts that an earlier lane of an account left open; the next lane settles them first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from accounts.pacing.limits import SharedRate
from sending.lanes.feed import Due, attempts_of
from sending.lanes.open_attempts import OpenAttempt
from sending.lanes.outcomes import LONGEST_REPLAY_PAUSE_SECONDS
from sending.models import Attempt, Delivery
from sending.runs.rate import rate_of
from sending.runs.texts import text_of
from sending.states import DeliveryState


@dataclass(frozen=True, slots=True)
class Unsettled:
    """An attempt without a definite answer, left by a lane that died or had to stop.

    Attributes:
        marked_at: when it was marked; shared time.
        ask_at: when to repeat it; shared time, or None for at once.
        rate: its run's own rate, in which its repeats count; None if it has none.
    """

    due: Due
    seq: int
    marked_at: datetime
    replays: int
    last_res: str
    ask_at: datetime | None
    rate: SharedRate | None


def unsettled_attempts(*, account_id: int) -> list[Unsettled]:
    """Return an account's attempts in flight, oldest first.

    A new lane settles these before it sends anything: each may or may not have reached the gateway.
    """
    # There is nearly always none, and the partial index of deliveries in flight answers that fast.
    if not Delivery.objects.in_flight().filter(account_id=account_id).exists():
        return []
    rows = (
        Attempt.objects.filter(
            account_id=account_id,
            finished_at=None,
            delivery__state=DeliveryState.SENDING,
            delivery__account_id=account_id,
            delivery__seq=F("seq"),
        )
        .select_related("delivery__run")
        .order_by("seq")
    )
    return [_unsettled(attempt) for attempt in rows]


def _unsettled(attempt: Attempt) -> Unsettled:
    delivery = attempt.delivery
    due = Due(
        delivery.pk,
        delivery.run_id,
        delivery.uin,
        text_of(delivery),
        delivery.text,
        attempts_of(delivery) - 1,
        delivery.run.promise,
    )
    return Unsettled(
        due,
        attempt.seq,
        attempt.marked_at,
        attempt.replays,
        attempt.res,
        delivery.not_before,
        rate_of(delivery.run),
    )


def taken_over(stored: Unsettled, *, now: datetime, here: float) -> OpenAttempt:
    """Return an earlier lane's attempt as this lane's.

    Args:
        stored: the attempt's row.
        now, here: the same moment in shared time and on `clocks.local.elapsed`.
    """
    wait = (stored.ask_at - now).total_seconds() if stored.ask_at else 0.0
    return OpenAttempt(
        stored.due,
        stored.seq,
        marked_at=here - (now - stored.marked_at).total_seconds(),
        replays=stored.replays + 1,  # the row does not count the first request; a lane does
        may_have_left=True,
        asked_at=here,
        ask_at=here + min(max(wait, 0.0), LONGEST_REPLAY_PAUSE_SECONDS),
        last_code=stored.last_res or "lost",
        rate=stored.rate,
    )
