"""Settles what a restored run had open when its backup was made: since then it may have been sent.

See decision 0044.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from clocks import shared
from foundation.sentences import Sentence as _
from sending.models import Attempt, Delivery, Run, RunEvent
from sending.runs.deliveries import CHUNK, move_deliveries
from sending.states import OPEN_DELIVERY_STATES, DeliveryState, Promise, Reason


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run with deliveries that were open when the backup was made.

    Attributes:
        run: the run.
        pending, sending: how many deliveries were in these states.
    """

    run: Run
    pending: int
    sending: int


def runs_with_open_deliveries() -> list[OpenRun]:
    """Return the runs with open deliveries, the newest first."""
    # The partial indexes of pending deliveries and of those in flight hold exactly these rows.
    counted = (
        Delivery.objects.filter(state__in=OPEN_DELIVERY_STATES)
        .order_by()
        .values_list("run_id", "state")
        .annotate(n=Count("pk"))
    )
    by_run: dict[int, dict[str, int]] = {}
    for run_id, state, n in counted:
        by_run.setdefault(run_id, {})[state] = n
    runs = Run.objects.in_bulk(list(by_run))
    return [
        OpenRun(
            runs[run_id],
            pending=by_run[run_id].get(DeliveryState.PENDING, 0),
            sending=by_run[run_id].get(DeliveryState.SENDING, 0),
        )
        for run_id in sorted(by_run, reverse=True)
    ]


def end_open_deliveries(*, run: Run, by: Any = None) -> int:
    """End what was open as unknown: it is never sent by itself; return how many.

    An operator can have unknown deliveries sent again, or record what became of them.
    """
    _close_attempts(run)
    opened = Delivery.objects.filter(run=run)
    moved = move_deliveries(
        deliveries=opened.filter(state__in=OPEN_DELIVERY_STATES),
        to=DeliveryState.UNKNOWN,
        reason=Reason.RESTORED,
    )
    detail = _(
        "Restored from a backup: %(n)d messages that were open then may have been sent since. They "
        "are unknown now."
    ) % {"n": moved}
    RunEvent.objects.create(run_id=run.pk, state=run.state, detail=detail, by=by)
    return moved


def keep_open_deliveries(*, run: Run, by: Any = None) -> int:
    """Let what was open be sent, although it may have been sent since; return how many.

    Each delivery is in doubt from now on, so that no result says that its person got nothing. What
    was in flight becomes unknown, unless the run promises that nobody is missed.
    """
    _close_attempts(run)
    rows = Delivery.objects.filter(run=run)
    is_twice = run.promise == Promise.NEVER_MISSED
    move_deliveries(
        deliveries=rows.in_flight(),
        to=DeliveryState.PENDING if is_twice else DeliveryState.UNKNOWN,
        reason=Reason.MAY_HAVE_ARRIVED if is_twice else Reason.RESTORED,
    )
    kept, last = 0, 0
    while True:
        ids = list(
            rows.pending().filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:CHUNK]
        )
        if not ids:
            break
        kept += rows.pending().filter(pk__in=ids).update(reason=Reason.MAY_HAVE_ARRIVED)
        last = ids[-1]
    detail = _(
        "Restored from a backup: %(n)d messages that were open then are sent, although they may "
        "have been sent since."
    ) % {"n": kept}
    RunEvent.objects.create(run_id=run.pk, state=run.state, detail=detail, by=by)
    return kept


def _close_attempts(run: Run) -> None:
    """Close the attempts in flight: the gateway's memory of their SEQs is not known here."""
    Attempt.objects.filter(delivery__run=run, finished_at=None).update(finished_at=shared.now())
