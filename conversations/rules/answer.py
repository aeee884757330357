"""The tick that sends the answers that rules asked for, unless a cap holds them back."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from django.db import transaction

from clocks import shared
from conversations.answers.canned import text_for
from conversations.answers.send_answer import send_answer
from conversations.models import Answer, RuleAnswer, RuleAnswerState
from conversations.rules.apply import count
from foundation.fault_isolation import run_each
from foundation.refusals import Refusal

#: The most answers of one tick.
MOST_A_TICK = 200
#: An answer that could not be sent for so long would answer what is long past.
LONGEST_WAIT = timedelta(hours=24)
#: Who got so many answers by themselves within this time writes as fast as a machine, and gets no
#: more of them for a day.
MACHINE_ANSWERS, MACHINE_WITHIN, MACHINE_FOR = 2, timedelta(minutes=1), timedelta(days=1)
DAY = timedelta(days=1)
MACHINE = "machine"


def send_rule_answers() -> int:
    """Send the answers that wait; return how many."""
    waiting = RuleAnswer.objects.filter(state=RuleAnswerState.WAITING).order_by("pk")
    keys = list(waiting.values_list("pk", flat=True)[:MOST_A_TICK])
    return sum(run_each(keys, do=_send, on_failure=_withhold, step="The answer of a rule"))


def _send(key: int) -> bool:
    with transaction.atomic():
        row = (
            RuleAnswer.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("rule", "conversation__account")
            .filter(pk=key, state=RuleAnswerState.WAITING)
            .first()
        )
        if row is None:
            return False
        reason = _held_back(row)
        if reason:
            _settle(row, RuleAnswerState.WITHHELD, reason=reason)
            return False
        try:
            send_answer(
                conversation=row.conversation,
                text=text_for(conversation=row.conversation, text=row.rule.answer),
                key=f"rule:{key}",
                is_automatic=True,
            )
        except Refusal as refusal:
            if refusal.code == "account_stopped":
                return False  # it may work again
            raise
        _settle(row, RuleAnswerState.SENT)
    return True


def _held_back(row: RuleAnswer) -> str:
    """Return why an answer is not sent; "" if it is."""
    now = shared.wall()
    if row.at < now - LONGEST_WAIT:
        return "late"
    lately = RuleAnswer.objects.filter(conversation=row.conversation).exclude(pk=row.pk)
    if lately.filter(reason=MACHINE, at__gte=now - MACHINE_FOR).exists():
        return MACHINE
    automatic = Answer.objects.filter(
        conversation=row.conversation, is_automatic=True, created_at__gte=now - MACHINE_WITHIN
    )
    if automatic.count() >= MACHINE_ANSWERS:
        return MACHINE
    sent = lately.filter(rule=row.rule, state=RuleAnswerState.SENT, at__gte=now - DAY)
    return "cap" if sent.count() >= row.rule.answers_a_day else ""


def _withhold(key: int, problem: Exception) -> None:
    row = RuleAnswer.objects.filter(pk=key).first()
    if row is not None:
        reason = problem.code if isinstance(problem, Refusal) else "error"
        _settle(row, RuleAnswerState.WITHHELD, reason=reason)


def _settle(row: RuleAnswer, state: str, *, reason: str = "") -> None:
    RuleAnswer.objects.filter(pk=row.pk).update(state=state, reason=reason[:40])
    what = "answered" if state == RuleAnswerState.SENT else "withheld"
    count(row.rule_id, Counter({what: 1}))
