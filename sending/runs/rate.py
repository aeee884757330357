"""A run's own rate: the most requests in a sliding minute, over all accounts, processes and hosts.

The window is kept in Redis (`accounts.pacing.pace`). See docs/decisions/0008-where-pace-is-kept.md.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet

from accounts.pacing.limits import MINUTE, SharedRate
from clocks import shared
from foundation.database_turn import database_turn
from sending.models import Attempt, Run

#: Longer than a request takes, and longer than the order of keys differs from that of times,
#: seconds.
_MARGIN_SECONDS = 90


def rate_of(run: Run) -> SharedRate | None:
    """Return a run's own rate as the lanes keep it, or None if it has none."""
    if run.per_minute is None:
        return None
    run_id = run.pk
    return SharedRate(
        key=f"pace:run:{run_id}",
        per_minute=run.per_minute,
        recent=lambda: recent_requests(run_id=run_id),
    )


def recent_requests(*, run_id: int) -> list[tuple[str, datetime]]:
    """Return the attempts of a run that were requested within the last minute.

    An attempt without an answer counts as requested now: its request may be repeated at any time.

    Returns:
        (name of the reservation, shared time) of each.
    """
    now = shared.now()
    since = now - timedelta(seconds=MINUTE)
    found: list[tuple[str, datetime]] = []
    with database_turn():
        attempts = _attempts_since(run_id=run_id, since=since)
        for account_id, seq, finished_at in attempts.values_list(
            "account_id", "seq", "finished_at"
        ):
            found.append((reservation_of(account_id, seq), finished_at or now))
    return found


def is_at_rate(run: Run) -> bool:
    """Return whether a run has used up its own rate, by its attempts of the last minute."""
    if run.per_minute is None:
        return False
    since = shared.now() - timedelta(seconds=MINUTE)
    made = _attempts_since(run_id=run.pk, since=since).count()
    # Messages leave evenly over the minute, so the count of a run at its rate is a little lower.
    return made >= max(1, int(0.9 * run.per_minute))


def reservation_of(account_id: int, seq: int) -> str:
    """Return the name of a message's reservation in the rate windows."""
    return f"{account_id}:{seq}"


def _attempts_since(*, run_id: int, since: datetime) -> QuerySet[Attempt]:
    """Return a run's attempts that are open or ended since then.

    Attempts have no index on their times, but their keys are nearly in the order of time. So both
    queries go backwards by primary key: the first one to the newest attempt that is too old, the
    second one to that key.
    """
    repeated = timedelta(seconds=settings.QQ_GATEWAY_REPLAY_WINDOW + _MARGIN_SECONDS)
    older = Attempt.objects.filter(marked_at__lt=since - repeated).order_by("-pk")
    too_old = older.values_list("pk", flat=True).first() or 0
    counted = Q(finished_at=None) | Q(finished_at__gt=since)
    rows = Attempt.objects.filter(counted, pk__gt=too_old, delivery__run_id=run_id)
    return rows.order_by()
