"""The tick of answers: their runs keep sending, and what waited for a day is cancelled."""

from __future__ import annotations

from datetime import timedelta

from clocks import shared
from conversations.answers.runs import resume_run
from conversations.models import Answer, AnswerRun
from sending.models import Delivery
from sending.runs.deliveries import move_deliveries
from sending.runs.each_run import for_each_run
from sending.states import DeliveryState, Reason, RunState

#: An answer that could not be sent for so long is cancelled: it would answer what is long past.
LONGEST_WAIT = timedelta(hours=24)


def keep_answers() -> None:
    """Do both. Idempotent: it may run twice, late or not at all."""
    cancel_old_answers()
    resume_runs_with_work()


def cancel_old_answers() -> int:
    """Cancel the answers that have been pending for LONGEST_WAIT; return how many."""
    runs = list(AnswerRun.objects.active().values_list("pk", flat=True))
    pending = Delivery.objects.pending().filter(run__in=runs).values_list("pk", flat=True)
    old = Answer.objects.filter(
        delivery__in=list(pending), created_at__lt=shared.wall() - LONGEST_WAIT
    )
    keys = list(old.values_list("delivery", flat=True))
    if not keys:
        return 0
    return move_deliveries(
        deliveries=Delivery.objects.filter(pk__in=keys).pending(),
        to=DeliveryState.CANCELLED,
        reason=Reason.DEADLINE,
    )


def resume_runs_with_work() -> int:
    """Resume the runs of answers that stopped and still owe some; return how many.

    The breaker stops a run half of whose messages fail. Answers have nothing in common but the
    run, so that those to one person fail says nothing about the next.
    """
    stopped = [
        run
        for run in AnswerRun.objects.filter(state=RunState.STOPPED)
        if Delivery.objects.pending().filter(run=run).exists()
    ]
    return sum(for_each_run(stopped, do=resume_run, step="Resuming it"))


def cancel_answer(answer: Answer) -> bool:
    """Cancel an answer whose request has not left; return whether it was still pending."""
    return bool(
        move_deliveries(
            deliveries=Delivery.objects.filter(pk=answer.delivery_id).pending(),
            to=DeliveryState.CANCELLED,
            reason=Reason.BY_OPERATOR,
        )
    )
