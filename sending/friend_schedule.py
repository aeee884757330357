"""What accounts ask the gateway of their friends by themselves: lists, presence, profiles.

Each is a background task, so it delays no message (decision 0036). An account is due when its last
request is long enough ago, so the requests of many accounts stay spread as they once were; a tick
begins few of them, which spreads those that became due together.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.account_tasks import request_in_background
from accounts.models import Account, AccountTask, AccountTaskKind, AccountTaskState, Session
from clocks import shared
from sending.runs.windows import SendingTimes, load_quiet_hours
from sending.wake_ups.wake import wake_lanes

#: The interval between two ticks, seconds.
TICK_SECONDS = 60.0
#: A tick begins the accounts that are due on average, and this many times as many at most.
SPREAD = 2.0
#: An account asks nothing by itself before it has been logged in for so long.
SETTLED = timedelta(minutes=10)
#: How often an account begins to fetch profiles; the ceiling of a day ends it.
PROFILES_EVERY = timedelta(hours=6)
#: Closed background tasks that nobody requested are deleted after so long, some at each tick.
KEPT, MOST_DELETED = timedelta(days=7), 2_000


def ask_of_friends() -> None:
    """Request what is due of the accounts that are logged in. Idempotent."""
    now = shared.wall()
    woken: set[int] = set()
    for hours, column, kind in (
        (settings.QQ_FRIEND_LIST_HOURS, "friends_synced_at", AccountTaskKind.SYNC),
        (settings.QQ_PRESENCE_HOURS, "presence_asked_at", AccountTaskKind.PRESENCE),
    ):
        if hours:
            woken |= _request(kind, column, now=now, every=timedelta(hours=hours))
    if settings.QQ_PROFILES_PER_DAY and _is_quiet(now):
        begun = _request(AccountTaskKind.INFO, "profiles_asked_at", now=now, every=PROFILES_EVERY)
        Account.objects.filter(pk__in=begun).update(profiles_asked_at=now)
        woken |= begun
    if woken:
        wake_lanes(account_ids=sorted(woken))
    _delete_old(now)


def _request(kind: AccountTaskKind, column: str, *, now: datetime, every: timedelta) -> set[int]:
    settled = _settled(now)
    is_due = Q(**{f"{column}__lte": now - every})
    if kind != AccountTaskKind.SYNC:  # the first friend list is read when a run needs it
        is_due |= Q(**{column: None})
    share = settled.count() * TICK_SECONDS / every.total_seconds()
    busy = AccountTask.objects.open().filter(account=OuterRef("pk"), kind=kind)
    due = settled.filter(is_due).exclude(Exists(busy)).order_by(column, "pk")
    chosen = set(due.values_list("pk", flat=True)[: math.ceil(SPREAD * share)])
    request_in_background(account_ids=chosen, kind=kind)
    return chosen


def _settled(now: datetime) -> QuerySet[Account]:
    """Return the working accounts that have been logged in for a while."""
    sessions = Session.objects.filter(ended_at=None, opened_at__lte=now - SETTLED)
    settled: QuerySet[Account] = Account.objects.working().filter(
        Exists(sessions.filter(account=OuterRef("pk")))
    )
    return settled


def _is_quiet(now: datetime) -> bool:
    """Return whether no run may send now; at any hour if there are no quiet hours."""
    quiet = load_quiet_hours()
    return not quiet or not SendingTimes(zone=settings.TIME_ZONE, quiet=quiet).is_open(now)


def _delete_old(now: datetime) -> None:
    old = AccountTask.objects.filter(
        is_background=True, requested_by=None, finished_at__lt=now - KEPT
    ).exclude(state=AccountTaskState.OPEN)
    keys = list(old.order_by("pk").values_list("pk", flat=True)[:MOST_DELETED])
    AccountTask.objects.filter(pk__in=keys).delete()
