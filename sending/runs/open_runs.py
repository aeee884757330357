"""Runs that stay open and take messages one by one: answers, messages of programs.

Such a run has a number, an origin that names its rules, and no end. Its text is a variable, so that
lanes read the text of each delivery.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, TypeVar

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from sending.models import Delivery, Run, TallyKind
from sending.querysets.tally import TallyKey, add_tallies
from sending.runs.deliveries import move_deliveries
from sending.runs.each_run import for_each_run
from sending.runs.transitions import change_run_state
from sending.states import (
    ACTIVE_RUN_STATES,
    URGENT,
    DeliveryState,
    Promise,
    Reason,
    RunState,
)

OpenRun = TypeVar("OpenRun", bound=Run)


def open_run_of(model: type[OpenRun], *, origin: str, text: str, **rules: bool) -> OpenRun:
    """Return the running run of an origin; it is made or resumed if needed.

    A run that its breaker stopped is resumed: each message is asked for by itself.

    Args:
        model: the kind of run.
        origin: names its rules; one run of an origin is active at a time.
        text: the text of the run, a variable.
        rules: columns of a new run that say what it overrides.
    """
    run = _newest(model, origin)
    if run is None or run.state not in (*ACTIVE_RUN_STATES, RunState.STOPPED):
        try:
            with transaction.atomic():
                number = 1 if run is None else run.number + 1
                return _make(model, number=number, text=text, **rules)
        except IntegrityError:  # another process made it meanwhile
            run = _newest(model, origin)
            assert run is not None
    resume_open_run(run)
    return run


def resume_open_run(run: Run) -> bool:
    """Resume a run that was stopped or paused; return whether it was."""
    if run.state not in (RunState.STOPPED, RunState.PAUSED):
        return False
    return change_run_state(run_id=run.pk, to=RunState.RUNNING)


def resume_open_runs_with_work(model: type[Run]) -> int:
    """Resume the runs of a kind that stopped and still owe messages; return how many.

    The breaker stops a run half of whose messages fail. The messages of an open run have nothing
    in common but the run, so that those to one person fail says nothing about the next.
    """
    stopped = [
        run
        for run in model._default_manager.filter(state=RunState.STOPPED)
        if Delivery.objects.pending().filter(run=run).exists()
    ]
    return sum(for_each_run(stopped, do=resume_open_run, step="Resuming it"))


def owe_message(*, run: Run, uin: int, account_id: int, text: str) -> Delivery:
    """Add one pending delivery to an open run, and to its figures; return it."""
    delivery = Delivery.objects.create(
        run_id=run.pk, contact=None, uin=uin, account_id=account_id, text=text
    )
    changes: Counter[TallyKey] = Counter()
    changes[run.pk, TallyKind.TARGETED, ""] = 1
    changes[run.pk, TallyKind.STATE, DeliveryState.PENDING] = 1
    add_tallies(shard=0, changes=changes)
    return delivery


def cancel_overdue(model: type[Run], *, overdue: QuerySet[Any]) -> int:
    """Cancel what is still pending of rows that waited too long; return how many.

    Args:
        model: the kind of run that owes them.
        overdue: the rows, each with its `delivery`.
    """
    runs = list(model.objects.active().values_list("pk", flat=True))
    pending = Delivery.objects.pending().filter(run__in=runs).values_list("pk", flat=True)
    keys = list(overdue.filter(delivery__in=list(pending)).values_list("delivery", flat=True))
    if not keys:
        return 0
    return move_deliveries(
        deliveries=Delivery.objects.filter(pk__in=keys).pending(),
        to=DeliveryState.CANCELLED,
        reason=Reason.DEADLINE,
    )


def _newest(model: type[OpenRun], origin: str) -> OpenRun | None:
    return model._default_manager.filter(origin=origin).order_by("-number").first()


def _make(model: type[OpenRun], *, number: int, text: str, **rules: bool) -> OpenRun:
    run = model(
        number=number,
        text=text,
        promise=Promise.NEVER_TWICE,
        timezone=settings.TIME_ZONE,
        priority=URGENT,
        stays_open=True,
        **rules,
    )
    run.save(force_insert=True)
    change_run_state(run_id=run.pk, to=RunState.PREPARING)
    change_run_state(run_id=run.pk, to=RunState.RUNNING, planned_at=run.created_at)
    run.refresh_from_db()
    return run
