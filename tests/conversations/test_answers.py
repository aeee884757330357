"""An answer goes through the account's lane once, and its state is seen."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest

from accounts.models import Account, Friend
from clocks import shared
from contacts.models import Suppression
from conversations.answers.runs import open_run
from conversations.answers.send_answer import send_answer
from conversations.models import Answer, AnswerRun, Conversation
from conversations.work.state import close_conversation
from foundation.refusals import Refusal
from qqhttp.simulator import GatewaySimulator
from sending.forbidden_words import WatchedWords, add_words
from sending.lanes.feed import brief, next_deliveries
from sending.lanes.run_turns import RunTurns
from sending.models import Delivery, QuietHours, Run
from sending.reconcile import reconcile
from sending.runs.figures import check_figures
from sending.runs.transitions import change_run_state
from tests.commandline import manage
from tests.conversations.writing import a_conversation
from tests.sending.conftest import friends_of
from tests.sending.inboxes import A_HEARTBEAT, logged_in
from tests.sending.working import LocalWorker, wait_until

pytestmark = pytest.mark.both_databases


@pytest.fixture
def conversation(senders: list[Account]) -> Conversation:
    """A friend of the first account wrote a minute ago."""
    return a_conversation(senders[0], sender=friends_of(0)[0])


def _refused(conversation: Conversation, text: str = "hi", **options: Any) -> str:
    with pytest.raises(Refusal) as refusal:
        send_answer(conversation=conversation, text=text, **options)
    assert refusal.value.sentence
    assert not Delivery.objects.exists()
    return refusal.value.code


@pytest.mark.slow
def test_a_message_is_answered_from_the_gateway_and_back(
    engine: GatewaySimulator, sender: Account
) -> None:
    friend = friends_of(0)[0]
    with LocalWorker() as worker:
        logged_in(sender)
        engine.control.push_inbound(uin=sender.uin, sender=friend, text="多少钱？")
        wait_until(Conversation.objects.exists, what="the conversation", seconds=A_HEARTBEAT)
        listed = manage("inbox", "list", "--unread", "--json").json
        assert [item["uin"] for item in listed["items"]] == [friend]
        command = ("inbox", "answer", "--uin", friend, "--text", "{{ 10 }} 元", "--key", "k")
        said = manage(*command, "--json", "--wait", 8)
        assert said.status == 0, (said, worker.deaths)
        again = manage(*command, "--json", "--wait", 8)
        assert again.json == said.json
        reconcile()
        assert worker.deaths == []
    assert (said.json["state"], said.json["last_res"]) == ("sent", "0")
    assert said.json["seq"]
    # As it was written: what looks like a variable is none.
    assert engine.control.check([(friend, "{{ 10 }} 元")]).is_exact
    shown = manage("inbox", "show", "--uin", friend, "--json").json
    assert [(one["direction"], one["state"]) for one in shown["items"]] == [
        ("out", "sent"),
        ("in", None),
    ]
    assert shown["conversation"]["unread"] == 0
    assert shown["conversation"]["last_is_ours"] is True
    run = AnswerRun.objects.get()
    assert check_figures(run=run) == []
    assert (run.state, run.priority) == ("running", 9)


def test_a_key_sends_once(conversation: Conversation) -> None:
    first = send_answer(conversation=conversation, text="hi", key="form")
    again = send_answer(conversation=conversation, text=" hi\r\n", key="form")
    assert first == again
    with pytest.raises(Refusal) as refusal:
        send_answer(conversation=conversation, text="other", key="form")
    assert refusal.value.code == "key_used"
    send_answer(conversation=conversation, text="hi")
    send_answer(conversation=conversation, text="hi")
    assert Answer.objects.count() == Delivery.objects.count() == 3
    assert Run.objects.count() == 1


def test_an_answer_reads_and_reopens_the_conversation(conversation: Conversation) -> None:
    close_conversation(conversation=conversation)
    send_answer(conversation=conversation, text="hi")
    conversation.refresh_from_db()
    assert (conversation.state, conversation.unread) == ("open", 0)
    assert (conversation.preview, conversation.is_ours_last) == ("hi", True)


def test_an_automatic_answer_leaves_the_work_to_operators(conversation: Conversation) -> None:
    send_answer(conversation=conversation, text="hi", is_automatic=True)
    conversation.refresh_from_db()
    assert (conversation.state, conversation.unread) == ("open", 1)
    assert Run.objects.get().overrides_quiet_hours is False


@pytest.mark.parametrize(
    ("which", "code"),
    [
        ("empty", "answer_empty"),
        ("long", "answer_too_long"),
        ("nul", "unstorable"),
        ("surrogate", "unstorable"),
        ("word", "forbidden_word"),
        ("stranger", "not_a_friend"),
        ("quarantined", "account_stopped"),
        ("suppressed", "suppressed"),
    ],
)
def test_what_must_not_be_sent_is_refused(
    conversation: Conversation, senders: list[Account], which: str, code: str
) -> None:
    texts = {"empty": " \n", "long": "x" * 4_001, "nul": "a\0b", "surrogate": "a\ud800b"}
    text = {**texts, "word": "赌 博 吗"}.get(which, "hi")
    add_words(words=["赌博"])
    if which == "stranger":
        Friend.objects.filter(uin=conversation.uin).update(ended_at=shared.wall())
    elif which == "quarantined":
        Account.objects.filter(pk=senders[0].pk).update(state="quarantined")
        conversation.account.refresh_from_db()
    elif which == "suppressed":
        Suppression.objects.create(uin=conversation.uin)
    assert _refused(conversation, text) == code


@pytest.mark.slow
def test_a_person_who_opted_out_is_answered_only_if_that_is_confirmed(
    conversation: Conversation, engine: GatewaySimulator
) -> None:
    Suppression.objects.create(uin=conversation.uin)
    assert _refused(conversation) == "suppressed"
    answer = send_answer(conversation=conversation, text="bye", also_suppressed=True)
    other = a_conversation(conversation.account, sender=friends_of(0)[1])
    to_other = send_answer(conversation=other, text="to other")
    Suppression.objects.create(uin=other.uin)
    with LocalWorker() as worker:
        wait_until(lambda: _state(to_other) != "pending", what="the answers")
        wait_until(lambda: _state(answer) == "sent", what="the answer")
        assert worker.deaths == []
    # The opt-out that came after the other answer was asked for holds.
    assert _state(to_other) == "skipped"
    assert engine.control.check([(conversation.uin, "bye")]).is_exact


@pytest.mark.slow
def test_quiet_hours_hold_back_automatic_answers_and_late_ones(
    conversation: Conversation, engine: GatewaySimulator, senders: list[Account]
) -> None:
    QuietHours.objects.create(timezone="Asia/Shanghai", start=time(0), end=time(23, 59, 59))
    old = a_conversation(senders[0], sender=friends_of(0)[1], ago=25 * 3600)
    by_hand = send_answer(conversation=conversation, text="now")
    automatic = send_answer(conversation=conversation, text="later", is_automatic=True)
    late = send_answer(conversation=old, text="late")
    with LocalWorker():
        wait_until(lambda: _state(by_hand) == "sent", what="the answer")
        reconcile()
    assert (_state(automatic), _state(late)) == ("pending", "pending")


def test_a_run_that_stopped_itself_is_resumed(conversation: Conversation) -> None:
    send_answer(conversation=conversation, text="one")
    run = Run.objects.get()
    change_run_state(run_id=run.pk, to="stopped", detail="failures")
    send_answer(conversation=conversation, text="two")
    run.refresh_from_db()
    assert run.state == "running"
    change_run_state(run_id=run.pk, to="cancelled")
    send_answer(conversation=conversation, text="three")
    assert list(AnswerRun.objects.order_by("pk").values_list("number", "state")) == [
        (1, "cancelled"),
        (2, "running"),
    ]
    assert open_run(overrides_quiet_hours=True, overrides_suppressions=False).number == 2


def _state(answer: Answer) -> str:
    return str(Delivery.objects.values_list("state", flat=True).get(pk=answer.delivery_id))


def test_a_word_that_is_forbidden_after_the_answer_was_asked_for_is_not_sent(
    conversation: Conversation,
) -> None:
    answer = send_answer(conversation=conversation, text="加V信聊")
    other = send_answer(conversation=conversation, text="好的")
    add_words(words=["加v信"])
    run = brief(Run.objects.get(), quiet=(), forbidden=WatchedWords().current())
    account = conversation.account
    dues = next_deliveries(account=account, runs=[run], limit=10, turns=RunTurns())
    assert [due.text for due in dues] == ["好的"]
    delivery = Delivery.objects.get(pk=answer.delivery_id)
    assert (delivery.state, delivery.reason) == ("skipped", "forbidden_word")
    assert Delivery.objects.get(pk=other.delivery_id).state == "pending"
