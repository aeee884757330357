"""Who opts out by a reply is told so once, if that is switched on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Account, Friend
from accounts.transitions import disable_account, enable_account
from clocks import shared
from conversations.confirmations.send import send_confirmations
from conversations.models import Answer, Conversation
from qqhttp.simulator import GatewaySimulator
from sending.models import Delivery, OptOut
from sending.opt_outs.change_settings import change_settings
from sending.opt_outs.word_list import add_words
from tests.conversations.writing import arrives
from tests.sending.conftest import friends_of
from tests.sending.inboxes import A_HEARTBEAT, logged_in
from tests.sending.working import LocalWorker, wait_until

TEXT = "您已退订。"
FRIEND = friends_of(0)[0]


@pytest.fixture
def account(senders: list[Account]) -> Account:
    """The first account, with a word and confirmations switched on."""
    add_words(words=["TD"])
    change_settings(is_confirmed=True, text=TEXT)
    return senders[0]


def confirmations() -> list[str]:
    return list(OptOut.objects.order_by("pk").values_list("confirmation", flat=True))


@pytest.mark.slow
def test_the_confirmation_arrives_once_though_the_person_is_suppressed(
    engine: GatewaySimulator, account: Account
) -> None:
    engine.control.change(heartbeat=1)
    with LocalWorker() as worker:
        logged_in(account)
        engine.control.push_inbound(uin=account.uin, sender=FRIEND, text="TD")
        wait_until(OptOut.objects.exists, what="the opt-out", seconds=A_HEARTBEAT)
        assert send_confirmations() == 1
        assert send_confirmations() == 0
        sent = Delivery.objects.filter(state="sent")
        wait_until(sent.exists, what="the confirmation", seconds=A_HEARTBEAT)
        assert worker.deaths == []
    assert engine.control.check([(FRIEND, TEXT)]).is_exact
    assert confirmations() == ["sent"]
    assert Conversation.objects.get().unread == 1


@pytest.mark.django_db
def test_a_process_that_dies_between_leaves_one_answer(account: Account) -> None:
    arrives(account, "TD", sender=FRIEND)
    send_confirmations()
    OptOut.objects.update(confirmation="waiting")
    send_confirmations()
    assert (Answer.objects.count(), confirmations()) == (1, ["sent"])


@pytest.mark.django_db
def test_it_waits_for_a_stopped_account_but_not_for_ever(account: Account) -> None:
    arrives(account, "TD", sender=FRIEND)
    disable_account(account=account)
    assert (send_confirmations(), confirmations()) == (0, ["waiting"])
    OptOut.objects.update(at=shared.wall() - timedelta(hours=25))
    enable_account(account=account)
    assert (send_confirmations(), confirmations()) == (0, ["dropped"])
    assert not Answer.objects.exists()


@pytest.mark.django_db
def test_it_is_dropped_for_who_is_no_friend_and_when_it_was_switched_off(account: Account) -> None:
    arrives(account, "TD", sender=FRIEND)
    arrives(account, "TD", sender=friends_of(0)[1])
    Friend.objects.filter(uin=FRIEND).update(ended_at=shared.wall())
    assert (send_confirmations(), confirmations()) == (1, ["dropped", "sent"])
    change_settings(is_confirmed=False)
    OptOut.objects.update(confirmation="waiting")
    assert (send_confirmations(), confirmations()) == (0, ["dropped", "dropped"])
