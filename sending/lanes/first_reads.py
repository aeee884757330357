"""What many new lanes need to know at their start, read for all of them in a few statements.

It is read after the leases were taken, and is used for a moment only. A lane without it, or that
comes to it later, reads for itself.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import DatabaseError, InterfaceError

from accounts.gateway.conversation import SessionRead
from accounts.gateway.login_steps import FRESH_SECONDS
from accounts.gateway.sessions import sessions_at
from accounts.leases.leases import Grant
from accounts.pacing.learnt_gap import LearntGap
from clocks import local, shared
from sending.lanes.context import LaneContext
from sending.lanes.feed import first_of_each
from sending.lanes.feed_sql import Next
from sending.models import Delivery

log = logging.getLogger(__name__)

#: Deliveries read at a time: about this many seconds of work, within these bounds.
READ_AHEAD_SECONDS, FEWEST_AHEAD, MOST_AHEAD = 30.0, 10, 200


@dataclass(frozen=True, slots=True)
class FirstReads:
    """What was read for one lane.

    Attributes:
        asked_at: the moment before the database was asked, on `clocks.local.elapsed`.
        session: the account's session at this egress.
        has_open_attempts: whether an earlier lane may have left attempts without an answer.
        runs_changed: the value of `LaneContext.runs_changed` when the deliveries were read.
        limit: about how many deliveries were asked for.
        deliveries: the first deliveries, by run.
    """

    asked_at: float
    session: SessionRead
    has_open_attempts: bool
    runs_changed: int
    limit: int
    deliveries: Mapping[int, list[Next]]

    @property
    def is_fresh(self) -> bool:
        """Whether it still holds: only the holder of the lease changes it."""
        return local.elapsed() - self.asked_at < FRESH_SECONDS

    def first(self, *, runs_changed: int, limit: int) -> Mapping[int, list[Next]] | None:
        """Return the first deliveries, or None if they are to be read again.

        Args:
            runs_changed: the present value of `LaneContext.runs_changed`.
            limit: about how many deliveries the lane wants.
        """
        is_same = (runs_changed, limit) == (self.runs_changed, self.limit)
        return self.deliveries if is_same and self.is_fresh else None


def read_ahead(gap: float) -> int:
    """Return how many deliveries a lane reads at a time.

    Args:
        gap: the gap between two of its messages, seconds.
    """
    fitting = READ_AHEAD_SECONDS / max(gap, 0.001)
    return int(min(max(fitting, FEWEST_AHEAD), MOST_AHEAD))


def first_reads(
    *, context: LaneContext, grants: Sequence[Grant], since: float
) -> dict[int, FirstReads]:
    """Read for the lanes of these leases; return what was read, by account.

    If it cannot be read the lanes read for themselves, so that the data of one account, or a
    database that went away, is met by the lane it concerns.

    Args:
        context: the lanes' shared state.
        grants: the leases.
        since: when the last of the accounts was woken, on `clocks.local.elapsed`; the runs are
            read again if they were read before.
    """
    try:
        return _read(context, grants, since)
    except (DatabaseError, InterfaceError, ValueError, TypeError, OverflowError) as problem:
        # Only the error's type: its message quotes values.
        log.warning("%d lanes read for themselves: %s", len(grants), type(problem).__name__)
        return {}


def _read(context: LaneContext, grants: Sequence[Grant], since: float) -> dict[int, FirstReads]:
    context.refresh_runs(since=since)
    asked_at = local.elapsed()
    ids = [grant.account_id for grant in grants]
    sessions = sessions_at(account_ids=ids, egress_id=context.egress.pk)
    in_flight = Delivery.objects.in_flight().filter(account_id__in=ids).order_by()
    with_open_attempts = set(in_flight.values_list("account_id", flat=True).distinct())
    runs_changed = context.runs_changed  # before the deliveries are read
    limits = {grant.account_id: _limit(context, grant) for grant in grants}
    deliveries = first_of_each(limits=limits, runs=context.open_runs(shared.wall()))
    return {
        account_id: FirstReads(
            asked_at,
            SessionRead(sessions.get(account_id), asked_at),
            account_id in with_open_attempts,
            runs_changed,
            limits[account_id],
            deliveries[account_id],
        )
        for account_id in ids
    }


def _limit(context: LaneContext, grant: Grant) -> int:
    floor = context.limits_of(grant.account).min_interval
    return read_ahead(LearntGap(floor=floor, learnt=grant.learnt_interval).seconds)
