"""The tick of messages: their runs keep sending, and what waited too long is cancelled."""

from __future__ import annotations

from api.messages.runs import resume_run
from api.models import Message, MessageRun
from clocks import shared
from sending.models import Delivery
from sending.runs.deliveries import move_deliveries
from sending.runs.each_run import for_each_run
from sending.states import DeliveryState, Reason, RunState


def keep_messages() -> None:
    """Do both. Idempotent: it may run twice, late or not at all."""
    cancel_old_messages()
    resume_runs_with_work()


def cancel_old_messages() -> int:
    """Cancel the messages that are pending past their end; return how many."""
    runs = list(MessageRun.objects.active().values_list("pk", flat=True))
    pending = Delivery.objects.pending().filter(run__in=runs).values_list("pk", flat=True)
    old = Message.objects.filter(delivery__in=list(pending), expires_at__lt=shared.wall())
    keys = list(old.values_list("delivery", flat=True))
    if not keys:
        return 0
    return move_deliveries(
        deliveries=Delivery.objects.filter(pk__in=keys).pending(),
        to=DeliveryState.CANCELLED,
        reason=Reason.DEADLINE,
    )


def resume_runs_with_work() -> int:
    """Resume the runs of messages that stopped and still owe some; return how many."""
    stopped = [
        run
        for run in MessageRun.objects.filter(state=RunState.STOPPED)
        if Delivery.objects.pending().filter(run=run).exists()
    ]
    return sum(for_each_run(stopped, do=resume_run, step="Resuming it"))
