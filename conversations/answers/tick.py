"""The tick of answers: their runs keep sending, and what waited for a day is cancelled."""

from __future__ import annotations

from datetime import timedelta

from clocks import shared
from conversations.models import Answer, AnswerRun
from sending.models import Delivery
from sending.runs.deliveries import move_deliveries
from sending.runs.open_runs import cancel_overdue, resume_open_runs_with_work
from sending.states import DeliveryState, Reason

#: An answer that could not be sent for so long is cancelled: it would answer what is long past.
LONGEST_WAIT = timedelta(hours=24)


def keep_answers() -> None:
    """Cancel overdue answers and resume stopped runs. Running it twice or late does no harm."""
    cancel_old_answers()
    resume_open_runs_with_work(AnswerRun)


def cancel_old_answers() -> int:
    """Cancel the answers that have been pending for LONGEST_WAIT; return how many."""
    oldest = shared.wall() - LONGEST_WAIT
    return cancel_overdue(AnswerRun, overdue=Answer.objects.filter(created_at__lt=oldest))


def cancel_answer(answer: Answer) -> bool:
    """Cancel an answer whose request has not left; return whether it was still pending."""
    return bool(
        move_deliveries(
            deliveries=Delivery.objects.filter(pk=answer.delivery_id).pending(),
            to=DeliveryState.CANCELLED,
            reason=Reason.BY_OPERATOR,
        )
    )
