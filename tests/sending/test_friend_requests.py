"""Friend requests from the gateway to the answer, in a real worker: each is answered once."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from accounts.account_tasks import request_account_task
from accounts.friend_requests.decide import accept_friend_request, refuse_friend_request
from accounts.models import Account, AccountTask, AccountTaskKind, Friend, FriendRequest
from accounts.states import FriendPolicy, FriendRequestState
from foundation.refusals import Refusal
from qqhttp.simulator import GatewaySimulator
from tests.campaigns.factories import make_list
from tests.sending.conftest import Start, assert_exact, is_finished
from tests.sending.inboxes import A_HEARTBEAT, logged_in
from tests.sending.working import LocalWorker, wait_until

STRANGER, OTHER = 50_001, 50_002
ACCEPT, REFUSE = 0, 1


def state_of(uin: int) -> str:
    """Return the state of a person's latest friend request, "" for none."""
    states = FriendRequest.objects.filter(uin=uin).order_by("-pk").values_list("state", flat=True)
    return next(iter(states), "")


def ask(engine: GatewaySimulator, account: Account, uin: int, text: str = "hello") -> None:
    """Let a person ask, and wait until the request is stored."""
    engine.control.push_friend_request(uin=account.uin, sender=uin, text=text)
    wait_until(lambda: state_of(uin), what="the friend request", seconds=A_HEARTBEAT)


def test_an_operator_accepts_one_and_refuses_another(
    engine: GatewaySimulator, sender: Account
) -> None:
    with LocalWorker() as worker:
        logged_in(sender)
        ask(engine, sender, STRANGER, "I am Xiao Wang")
        ask(engine, sender, OTHER)
        waiting = FriendRequest.objects.get(uin=STRANGER)
        assert (waiting.state, waiting.text) == (FriendRequestState.WAITING, "I am Xiao Wang")
        accept_friend_request(request=waiting)
        refuse_friend_request(request=FriendRequest.objects.get(uin=OTHER), reason="不认识")
        wait_until(lambda: state_of(STRANGER) == FriendRequestState.ACCEPTED, what="acceptance")
        wait_until(lambda: state_of(OTHER) == FriendRequestState.REFUSED, what="refusal")
        # The friend list is read again: a welcome may begin.
        wait_until(
            lambda: Friend.objects.current().filter(account=sender, uin=STRANGER).exists(),
            what="the new friend",
        )
        with pytest.raises(Refusal, match="decided already"):
            accept_friend_request(request=waiting)
        assert worker.deaths == []
    assert engine.control.acks(uin=sender.uin) == {(STRANGER, ACCEPT): 1, (OTHER, REFUSE): 1}
    assert not AccountTask.objects.open().exists()


def test_policies_accept_everybody_or_known_contacts(
    engine: GatewaySimulator, sender: Account
) -> None:
    make_list("known", [STRANGER])
    Account.objects.filter(pk=sender.pk).update(friend_policy=FriendPolicy.CONTACTS)
    with LocalWorker():
        logged_in(sender)
        ask(engine, sender, STRANGER)
        ask(engine, sender, OTHER)
        wait_until(lambda: state_of(STRANGER) == FriendRequestState.ACCEPTED, what="acceptance")
        assert state_of(OTHER) == FriendRequestState.WAITING
        Account.objects.filter(pk=sender.pk).update(friend_policy=FriendPolicy.ALL)
        ask(engine, sender, 50_003)
        wait_until(lambda: state_of(50_003) == FriendRequestState.ACCEPTED, what="acceptance")
    assert engine.control.acks(uin=sender.uin) == {(STRANGER, ACCEPT): 1, (50_003, ACCEPT): 1}


@pytest.mark.parametrize("fault", ["empty:after", "reset:after", "http:after"])
def test_an_answer_without_a_reply_is_repeated_under_its_seq(
    engine: GatewaySimulator, sender: Account, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.gateway.task_requests.REPEAT_SECONDS", 0.2)
    with LocalWorker() as worker:
        logged_in(sender)
        ask(engine, sender, STRANGER)
        engine.control.set_faults(f"{fault},command=Ack_AddToList,count=2")
        accept_friend_request(request=FriendRequest.objects.get())
        wait_until(lambda: state_of(STRANGER) == FriendRequestState.ACCEPTED, what="acceptance")
        assert worker.deaths == []
    assert engine.control.figures().requests["Ack_AddToList"] == 3
    assert engine.control.acks(uin=sender.uin) == {(STRANGER, ACCEPT): 1}


def test_a_request_that_the_gateway_refuses_waits_again(
    engine: GatewaySimulator, sender: Account
) -> None:
    with LocalWorker():
        logged_in(sender)
        ask(engine, sender, STRANGER)
        engine.control.set_faults("refuse,command=Ack_AddToList,res=7")
        accept_friend_request(request=FriendRequest.objects.get())
        wait_until(lambda: AccountTask.objects.filter(state="failed").exists(), what="failure")
    request = FriendRequest.objects.get()
    assert (request.state, request.by) == (FriendRequestState.WAITING, None)
    assert "RES=7" in request.detail


def test_a_session_that_ended_is_opened_again(engine: GatewaySimulator, sender: Account) -> None:
    with LocalWorker():
        logged_in(sender)
        ask(engine, sender, STRANGER)
        engine.control.clear_sessions()
        accept_friend_request(request=FriendRequest.objects.get())
        wait_until(lambda: state_of(STRANGER) == FriendRequestState.ACCEPTED, what="acceptance")
    assert engine.control.acks(uin=sender.uin) == {(STRANGER, ACCEPT): 1}


@pytest.mark.slow
def test_answers_during_a_run_delay_no_message_by_more_than_one_request(
    engine: GatewaySimulator, sender: Account, start: Start, settings: Any
) -> None:
    """They are made at the beginning of a gap, at most one a heartbeat, and keep the pace."""
    gap, slow = 0.5, 1.0
    settings.QQ_READ_TIMEOUT = 5.0
    engine.control.change(min_interval=gap)
    engine.control.set_faults(f"latency:after,seconds={slow},command=Ack_AddToList")
    Account.objects.update(min_interval=gap, friend_policy=FriendPolicy.ALL)
    run = start(accounts=[sender])
    with LocalWorker() as worker:
        wait_until(lambda: engine.control.figures().arrived, what="the first message")
        for uin in range(60_001, 60_006):
            engine.control.push_friend_request(uin=sender.uin, sender=uin, text="hi")
        wait_until(lambda: is_finished(run), what="the end of the run")
        done = FriendRequest.objects.filter(state=FriendRequestState.ACCEPTED).count()
        assert done >= 2  # while messages were sent
        wait_until(
            lambda: not FriendRequest.objects.exclude(state=FriendRequestState.ACCEPTED).exists(),
            what="the other answers",
        )
        assert worker.deaths == []
    assert_exact(run, engine)
    assert engine.control.too_soon() == []
    gaps = [after.at - before.at for before, after in pairwise(engine.control.messages())]
    assert min(gaps) >= gap
    # One request of a second, and what a busy machine adds; two of them would be two seconds.
    assert max(gaps) < gap + 2 * slow
    assert set(engine.control.acks(uin=sender.uin).values()) == {1}


def test_an_unexpected_error_fails_one_task_alone(
    engine: GatewaySimulator, sender: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LocalWorker() as worker:
        logged_in(sender)
        ask(engine, sender, STRANGER)
        ask(engine, sender, OTHER)
        monkeypatch.setattr("accounts.gateway.friend_request_tasks._VERDICTS", {})
        accept_friend_request(request=FriendRequest.objects.get(uin=STRANGER))
        wait_until(lambda: AccountTask.objects.filter(state="failed").exists(), what="failure")
        monkeypatch.undo()
        accept_friend_request(request=FriendRequest.objects.get(uin=OTHER))
        wait_until(lambda: state_of(OTHER) == FriendRequestState.ACCEPTED, what="acceptance")
        assert worker.deaths == []
    request = FriendRequest.objects.get(uin=STRANGER)
    assert (request.state, "KeyError" in request.detail) == (FriendRequestState.WAITING, True)


@pytest.mark.slow
def test_what_takes_long_waits_until_there_is_nothing_to_send(
    engine: GatewaySimulator, sender: Account, start: Start
) -> None:
    engine.control.change(min_interval=0.2)
    Account.objects.update(min_interval=0.2)
    run = start(accounts=[sender])
    request_account_task(account=sender, kind=AccountTaskKind.INFO)
    with LocalWorker() as worker:
        wait_until(lambda: engine.control.figures().arrived >= 4, what="some messages")
        assert "GetInfo" not in engine.control.figures().requests
        wait_until(lambda: is_finished(run), what="the end of the run")
        wait_until(lambda: engine.control.figures().requests.get("GetInfo"), what="a profile")
        assert worker.deaths == []
    assert_exact(run, engine)
