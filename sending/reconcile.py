"""Repair the effects of a crash, a lost wake-up or a dead worker."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError
from django.db.models import Exists, OuterRef, QuerySet, Sum

from accounts.leases.workers import presume_dead
from accounts.states import STOPPED_STATES
from clocks import shared
from foundation.sentences import Sentence as _
from sending.models import Attempt, Delivery, Run, Tally, TallyKind
from sending.runs.breakers import stop_failing_runs
from sending.runs.deadline import end_overdue_runs, reason_of_rest
from sending.runs.deliveries import cancel_pending, move_deliveries
from sending.runs.each_run import for_each_run
from sending.runs.finish import finish_runs_that_are_done
from sending.runs.transitions import change_run_state
from sending.runs.windows import load_quiet_hours, sending_times
from sending.states import DeliveryState, Promise, Reason, RunState
from sending.wake_ups.wake import accounts_to_wake, wake_lanes
from sending.warm_up_days import advance_warm_ups

#: An attempt without a lane is given up this long after the gateway's replay window has ended.
STRANDED_MARGIN = timedelta(seconds=60)
#: Pending deliveries of a cancelled run that are cancelled each time: about two seconds. The rest
#: of a run of millions waits for the next time, and no other run waits for it.
CANCELLED_AT_A_TIME = 50_000
#: A run is checked until this long after its end.
RECENT = timedelta(days=2)


def reconcile() -> None:
    """Do everything that is due. Running it twice or late does no harm."""
    presume_dead()
    stop_failing_runs()
    settle_stranded()
    end_overdue_runs()
    advance_warm_ups()
    cancelled = Run.objects.filter(state=RunState.CANCELLED, pk__in=_runs_with_pending())
    for_each_run(
        cancelled,
        do=lambda run: cancel_pending(
            run_id=run.pk, reason=reason_of_rest(run), limit=CANCELLED_AT_A_TIME
        ),
        step=_("Cancelling its deliveries"),
    )
    reopen_runs_with_work()
    running = list(Run.objects.running())
    finish_runs_that_are_done(run_ids=[run.pk for run in running])
    quiet, now = load_quiet_hours(), shared.wall()
    may_send = [run.pk for run in running if sending_times(run, quiet=quiet).is_open(now)]
    wake_lanes(account_ids=accounts_to_wake(run_ids=may_send))


def settle_stranded() -> int:
    """Give up on open attempts of accounts that get no lane any more; return how many.

    A quarantined or disabled account gets no lane, so the requests of its open attempts cannot be
    repeated. Once the gateway has forgotten a SEQ, its answer is lost.
    """
    limit = shared.now() - (timedelta(seconds=settings.QQ_GATEWAY_REPLAY_WINDOW) + STRANDED_MARGIN)
    # The attempt in flight, not an earlier attempt of the same delivery.
    forgotten = Attempt.objects.filter(
        delivery=OuterRef("pk"), seq=OuterRef("seq"), marked_at__lt=limit
    )
    stranded = Delivery.objects.in_flight().filter(
        Exists(forgotten), account__state__in=STOPPED_STATES
    )
    return move_deliveries(
        deliveries=_of_promise(stranded, Promise.NEVER_TWICE),
        to=DeliveryState.UNKNOWN,
        reason=Reason.REPLAY_WINDOW_OVER,
    ) + move_deliveries(
        deliveries=_of_promise(stranded, Promise.NEVER_MISSED), to=DeliveryState.PENDING
    )


def reopen_runs_with_work() -> int:
    """Resume finished runs that still have pending deliveries; return how many.

    Such a run is left by a retry that was killed between moving the deliveries and the run, or by a
    retry during the run's finish.
    """
    finished = Run.objects.filter(state=RunState.FINISHED, pk__in=_runs_with_pending())
    return sum(for_each_run(finished, do=_reopen, step=_("Reopening it")))


def _reopen(run: Run) -> bool:
    if not Delivery.objects.pending().filter(run=run).exists():
        return False
    try:
        return change_run_state(
            run_id=run.pk, to=RunState.RUNNING, detail=_("Some deliveries were still pending.")
        )
    except IntegrityError:
        return False  # another run of the same origin is active: this one resumes after it


def _of_promise(deliveries: QuerySet[Delivery], promise: Promise) -> QuerySet[Delivery]:
    return Delivery.objects.filter(
        pk__in=deliveries.filter(run__promise=promise).values("pk"), state=DeliveryState.SENDING
    )


def _runs_with_pending() -> QuerySet[Any, Any]:
    # Only runs that ended lately. Summed over the shards, because a single shard's figure may be
    # negative: one shard subtracts what another added.
    rows: QuerySet[Any, Any] = (
        Tally.objects.filter(
            kind=TallyKind.STATE,
            key=DeliveryState.PENDING,
            run__ended_at__gte=shared.wall() - RECENT,
        )
        .values("run_id")
        .annotate(pending=Sum("n"))
        .filter(pending__gt=0)
        .order_by()
        .values("run_id")
    )
    return rows
