"""Records answers: what was taken, what is tried again and when, and how the endpoint does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import F

from clocks import shared
from foundation.public_post import Answer
from foundation.sentences import Sentence as _
from webhooks.models import Endpoint, EndpointStates, Message
from webhooks.states import EndpointState, MessageState

#: Pauses after a failed try of a message, seconds; the last one repeats.
PAUSES = (2, 10, 30, 120, 600, 1_800, 3_600)
#: After so many failed calls in a row the whole endpoint rests.
RESTS_AFTER = 5
#: So long a message is tried, or an endpoint that takes nothing.
TRIED_FOR = timedelta(hours=24)


def record(endpoint: Endpoint, answers: Sequence[tuple[Message, Answer]]) -> bool:
    """Record the answers of a batch, if the claim is still ours; return whether it is.

    A batch that is not recorded is sent again, with the same ids.
    """
    with transaction.atomic():
        mine = Endpoint.objects.filter(pk=endpoint.pk, claim=endpoint.claim)
        held = mine.select_for_update().first()
        if held is None:
            return False
        for message, answer in answers:
            _record(held, message, answer)
        _judge(held, [answer for _message, answer in answers])
    return True


def _record(endpoint: Endpoint, message: Message, answer: Answer) -> None:
    now = shared.wall()
    row = Message.objects.filter(pk=message.pk)
    values = {
        "tries": F("tries") + 1,
        "tried_at": now,
        "status": answer.status,
        "answer": answer.beginning,
        "problem": answer.problem,
    }
    if not answer.problem:
        row.transition(to=MessageState.DELIVERED, next_at=None, **values)
        return
    is_old = now - message.happened_at > TRIED_FOR and message.tries >= len(PAUSES)
    is_own_fault = endpoint.last_success_at is not None and (
        endpoint.last_success_at > now - TRIED_FOR / 2
    )
    if is_old and is_own_fault:
        # The endpoint takes others: this one is the trouble, and must not hold up its object.
        row.transition(to=MessageState.FAILED, next_at=None, **values)
        return
    pause = PAUSES[min(message.tries, len(PAUSES) - 1)]
    row.filter(state=MessageState.QUEUED).update(next_at=now + timedelta(seconds=pause), **values)


def _judge(endpoint: Endpoint, answers: Sequence[Answer]) -> None:
    now = shared.wall()
    row = Endpoint.objects.filter(pk=endpoint.pk)
    if any(not answer.problem for answer in answers):
        row.update(
            failures=0, failing_since=None, rests_until=None, problem="", last_success_at=now
        )
        return
    failures = endpoint.failures + len(answers)
    since = endpoint.failing_since or now
    rests = 0
    if failures >= RESTS_AFTER:
        rests = PAUSES[min((failures - RESTS_AFTER) // 2, len(PAUSES) - 1)]
    row.update(
        failures=failures,
        failing_since=since,
        rests_until=now + timedelta(seconds=rests) if rests else None,
        problem=answers[-1].problem,
    )
    if now - since > TRIED_FOR:
        EndpointStates(Endpoint).filter(pk=endpoint.pk).transition(
            to=EndpointState.FAILING,
            problem=_("It took nothing for %(n)d hours. The last problem: %(problem)s")
            % {"n": TRIED_FOR.total_seconds() // 3600, "problem": answers[-1].problem},
        )
