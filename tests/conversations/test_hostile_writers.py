"""People who write too much, write what is no text, ask twice, or change their mind."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.gateway.friends import store_friends
from accounts.gateway.inbox import Polled, Turn, store_polled
from accounts.models import Account, Friend, FriendEvent, FriendRequest, InboundMessage
from clocks import shared
from contacts.models import Suppression
from conversations.models import Answer, Conversation, RuleAnswer
from conversations.rules.answer import send_rule_answers
from conversations.rules.save import create_rule
from qqhttp import Message
from qqhttp.simulator import GatewaySimulator
from sending.models import Delivery, OptOut, OptOutWord
from sending.opt_outs.undo import undo_opt_out
from sending.opt_outs.word_list import add_words
from tests.campaigns.factories import make_account
from tests.conversations.writing import arrives
from tests.sending.conftest import FRIENDS, Start, friends_of, is_finished, states_of
from tests.sending.working import LocalWorker, wait_until

FRIEND, OTHER = friends_of(0)[:2]
INBOX = "/conversations/conversation/"


@pytest.fixture
def account(db: None) -> Account:
    return make_account(20_001, friends=[FRIEND, OTHER])


def polled(account: Account, *messages: Message) -> None:
    """Store what one answer of the gateway holds."""
    turn = Turn(account.pk, account.uin, 1, 60, None, 5)
    store_polled(polled=[Polled(turn, "0", shared.now(), shared.wall(), 50.0, messages)])


def test_a_thousand_messages_of_one_person_get_few_answers_and_delay_nobody_for_long(
    account: Account,
) -> None:
    create_rule(name="r", answer="您好", answers_a_day=10, is_on=True)
    for batch in range(10):
        arrives(account, *(f"喂 {batch} {n}" for n in range(100)), sender=FRIEND)
    arrives(account, "请问", sender=OTHER)
    for _tick in range(6):
        send_rule_answers()
    assert not RuleAnswer.objects.filter(state="waiting").exists()
    answered = list(Answer.objects.order_by("pk").values_list("conversation__uin", flat=True))
    assert answered == [FRIEND, FRIEND, OTHER]
    row = Conversation.objects.get(uin=FRIEND)
    assert (row.unread, row.state) == (1_000, "open")
    assert InboundMessage.objects.filter(handled=False).count() == 0


@pytest.mark.both_databases
def test_what_is_hardly_a_text_is_stored_shown_and_exported(
    account: Account, operator: Client
) -> None:
    texts = ["\0", "a\0b", "字" * 100_000, "\ud7ff\ufffe\u202e", "{{ name }} <b>&RES=0", "", " \n"]
    polled(account, *(Message(kind=9, sender=FRIEND, text=text) for text in texts))
    assert InboundMessage.objects.filter(handled=True).count() == len(texts)
    row = Conversation.objects.get(uin=FRIEND)
    page = operator.get(f"{INBOX}?c={row.pk}").content.decode()
    assert "a\ufffdb" in page
    assert "{{ name }} &lt;b&gt;&amp;RES=0" in page
    for text in ("a\0b", "x" * 100_000):
        said = operator.post(f"{INBOX}{row.pk}/do/answer/", {"text": text, "key": "k"})
        assert said.status_code == 200
        assert 'role="alert"' in said.content.decode()
    assert not Answer.objects.exists()
    export = b"".join(operator.get(f"{INBOX}export/?box=all"))
    assert "字" * 100_000 in export.decode()
    assert operator.get(f"{INBOX}?q=%00").status_code == 200


def test_a_rule_about_an_opt_out_word_answers_questions_and_no_opt_outs(account: Account) -> None:
    OptOutWord.objects.all().delete()
    add_words(words=["退订"], match="begins")
    create_rule(name="r", answer="回复 TD 退订", words=["退订"], is_on=True)
    arrives(account, "请问怎么退订啊", sender=FRIEND)
    arrives(account, "退订，谢谢", sender=OTHER)
    send_rule_answers()
    assert [row.conversation.uin for row in Answer.objects.all()] == [FRIEND]
    assert [row.uin for row in Suppression.objects.all()] == [OTHER]


def test_a_friend_request_that_comes_again_is_one(account: Account) -> None:
    first = Message(kind=2, sender=OTHER, text="你好")
    polled(account, first, Message(kind=2, sender=OTHER, text="我是李娜"))
    polled(account, first)
    row = FriendRequest.objects.get()
    assert (row.uin, row.text, row.state) == (OTHER, "你好", "waiting")
    assert InboundMessage.objects.filter(kind=2).count() == 3


def test_an_account_that_loses_all_friends_and_gets_them_back(account: Account) -> None:
    Account.objects.filter(pk=account.pk).update(friends_synced_at=shared.wall())
    began = Friend.objects.get(uin=FRIEND).known_since
    store_friends(account_id=account.pk, uins=[], count=0)
    assert not Friend.objects.current().exists()
    store_friends(account_id=account.pk, uins=[FRIEND, OTHER], count=2)
    assert Friend.objects.current().count() == 2
    assert Friend.objects.get(uin=FRIEND).first_known_since == began
    assert FriendEvent.objects.count() == 4
    # A list that the gateway cut to nothing takes nobody away.
    store_friends(account_id=account.pk, uins=[], count=2)
    assert Friend.objects.current().count() == 2


@pytest.mark.slow
def test_an_opt_out_that_is_undone_before_its_turn_comes_costs_no_message(
    engine: GatewaySimulator, sender: Account, start: Start
) -> None:
    add_words(words=["TD"])
    Account.objects.update(min_interval=0.4)
    run = start(accounts=[sender])
    undone, stays = run.deliveries.order_by("-pk").values_list("uin", flat=True)[:2]
    with LocalWorker() as worker:
        wait_until(lambda: engine.control.figures().arrived >= 1, what="the first message")
        for person in (undone, stays):
            arrives(sender, "TD", sender=person)
        assert undo_opt_out(opt_out=OptOut.objects.get(uin=undone))
        wait_until(lambda: is_finished(run), what="the end of the run")
        assert worker.deaths == []
    assert states_of(run) == {"sent": FRIENDS - 1, "skipped": 1}
    assert Delivery.objects.get(run=run, reason="suppressed").uin == stays
