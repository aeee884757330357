"""Inbound messages are stored within a heartbeat, once and intact."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.account_tasks import request_account_task
from accounts.models import (
    Account,
    AccountTaskKind,
    InboundKind,
    InboundMessage,
    Lease,
    Outage,
    Session,
)
from accounts.transitions import disable_account, quarantine_account, rest_account
from contacts.models import Contact
from contacts.people.person_page import person_of
from contacts.segments.preview import preview_segment
from qqhttp.simulator import GatewaySimulator
from tests.sending.conftest import Start, friends_of
from tests.sending.inboxes import A_HEARTBEAT, logged_in, open_session, texts
from tests.sending.working import LocalWorker, wait_until

#: Texts that a careless parser would break, and one of blanks only.
TRICKY = [
    "hi, there",
    "a+b=c&d 100%",
    "两行\r\n第二行",
    "好的👌🏽，谢谢",
    "RES=20&RES=0",
    "\t ",
]


def asked(gateway: GatewaySimulator) -> int:
    return gateway.control.figures().requests.get("GetMsgEx", 0)


# --- an account that has nothing to send -------------------------------------------------------


@pytest.mark.slow
def test_what_a_friend_writes_is_stored_once_and_intact(
    engine: GatewaySimulator, sender: Account
) -> None:
    friend = friends_of(0)[3]
    person = Contact.objects.create(uin=friend)
    with LocalWorker() as worker:
        logged_in(sender)
        for text in TRICKY:
            engine.control.push_inbound(uin=sender.uin, sender=friend, text=text)
        engine.control.set_friend_status(uin=friend, status=30)
        wait_until(lambda: len(texts()) == len(TRICKY), what="the texts", seconds=A_HEARTBEAT)
        before = asked(engine)
        wait_until(lambda: asked(engine) > before, what="another turn", seconds=A_HEARTBEAT)
        wait_until(lambda: not worker.runtime.inbox.in_progress, what="its end")
        assert worker.deaths == []
    # As it came: the gateway adds a blank to what a person wrote (reference, (9)).
    assert texts() == [f"{text} " for text in TRICKY]
    row = InboundMessage.objects.first()
    assert row is not None
    assert (row.account, row.uin, row.kind) == (sender, friend, InboundKind.USER)
    assert preview_segment(conditions={"kind": "replied"}).sample == [person]
    sections = {section.key: section for section in person_of(contact=person).sections}
    assert sections["messages"].rows[-1][-1] == f"{TRICKY[0]} "


@pytest.mark.slow
def test_friend_requests_are_stored_and_presence_changes_are_not(
    engine: GatewaySimulator, sender: Account
) -> None:
    friend = friends_of(0)[0]
    with LocalWorker():
        logged_in(sender)
        engine.control.push_friend_request(uin=sender.uin, sender=55_555, text="我是小王")
        engine.control.push_inbound(uin=sender.uin, sender=friend, text="不了", kind=4)
        engine.control.push_inbound(uin=sender.uin, sender=friend, text="10", kind=99)
        engine.control.push_inbound(uin=sender.uin, sender=10_000, text="维护", kind=99)
        wait_until(lambda: len(texts()) >= 3, what="three rows", seconds=A_HEARTBEAT)
    kinds = InboundMessage.objects.order_by("pk").values_list("kind", "uin", "text")
    assert list(kinds) == [(2, 55_555, "我是小王"), (4, friend, "不了"), (99, 10_000, "维护")]


@pytest.mark.slow
def test_the_lease_is_free_in_between_and_remembers_the_reply(
    engine: GatewaySimulator, sender: Account
) -> None:
    with LocalWorker() as worker:
        logged_in(sender)
        token = Lease.objects.get(account=sender).token
        wait_until(lambda: asked(engine) >= 2, what="two turns", seconds=2 * A_HEARTBEAT)
        wait_until(lambda: not worker.runtime.inbox.in_progress, what="their end")
    lease = Lease.objects.get(account=sender)
    assert lease.worker is None
    assert lease.token > token
    assert lease.last_reply_at is not None
    assert timezone.now() - lease.last_reply_at < timedelta(seconds=A_HEARTBEAT)


@pytest.mark.slow
def test_polls_keep_a_quiet_session_alive(engine: GatewaySimulator, sender: Account) -> None:
    engine.control.change(idle=2.0)
    with LocalWorker():
        logged_in(sender)
        session = open_session(sender)
        assert session is not None
        wait_until(lambda: asked(engine) >= 4, what="turns past LI", seconds=4 * A_HEARTBEAT)
        wait_until(lambda: _last_used(session) > session.opened_at + timedelta(seconds=2.5))
    assert engine.control.accounts()[0]["is_online"]
    assert engine.control.figures().logins["accepted"] == 1


def _last_used(session: Session) -> Any:
    return Session.objects.get(pk=session.pk, ended_at=None).last_used_at


# --- inboxes that are not polled --------------------------------------------------------------


@pytest.mark.parametrize(
    "stop",
    [
        lambda account: rest_account(account=account, seconds=600),
        lambda account: disable_account(account=account),
        lambda account: quarantine_account(account=account, reason="by_operator", detail="-"),
        lambda account: Session.objects.update(ended_at=timezone.now()),
    ],
    ids=["resting", "disabled", "quarantined", "logged out"],
)
def test_an_account_that_may_not_is_not_asked(
    engine: GatewaySimulator, sender: Account, stop: Callable[[Account], object]
) -> None:
    with LocalWorker(is_looking=False) as worker:
        request_account_task(account=sender, kind=AccountTaskKind.LOGIN)
        worker.open_lane(sender).join()
        assert _is_due(worker, at=A_HEARTBEAT)
        stop(Account.objects.get(pk=sender.pk))
        assert not _is_due(worker, at=A_HEARTBEAT)


def _is_due(worker: LocalWorker, *, at: float) -> bool:
    moment = timezone.now() + timedelta(seconds=at)
    due = Session.objects.inbox_due(egress_id=worker.runtime.context.egress.pk, at=moment)
    return due.exists()


@pytest.mark.slow
def test_no_inbox_is_polled_while_the_setting_is_off(
    engine: GatewaySimulator, sender: Account, settings: Any
) -> None:
    settings.QQ_INBOX = False
    with LocalWorker() as worker:
        logged_in(sender)
        time.sleep(2.0)
        assert _is_due(worker, at=0.0)
    assert asked(engine) == 0


# --- when something goes wrong -----------------------------------------------------------------


@pytest.mark.slow
def test_a_session_that_ended_is_noted_and_causes_no_login(
    engine: GatewaySimulator, sender: Account
) -> None:
    with LocalWorker():
        logged_in(sender)
        engine.control.clear_sessions()
        wait_until(lambda: not open_session(sender), what="RES=20", seconds=A_HEARTBEAT)
        before = asked(engine)
        time.sleep(2.0)
    assert asked(engine) == before
    assert engine.control.figures().logins["accepted"] == 1
    assert Session.objects.get().end_reason == "RES=20"
    account = Account.objects.get(pk=sender.pk)
    assert (account.state, account.state_reason) == ("offline", "session_ended")


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["empty", "reset", "http", "hang"])
def test_an_answer_that_is_lost_changes_nothing_of_ours(
    engine: GatewaySimulator, sender: Account, fault: str
) -> None:
    friend = friends_of(0)[0]
    with LocalWorker() as worker:
        logged_in(sender)
        engine.control.set_faults(f"{fault}:before,command=GetMsgEx,count=1")
        wait_until(lambda: engine.control.faults()[0]["fired"], what="the fault")
        engine.control.push_inbound(uin=sender.uin, sender=friend, text="still there")
        wait_until(texts, what="the next turn", seconds=2 * A_HEARTBEAT)
        assert worker.deaths == []
    assert texts() == ["still there "]
    account = Account.objects.get(pk=sender.pk)
    assert account.state == "online"
    assert engine.control.figures().logins["accepted"] == 1


@pytest.mark.slow
def test_an_outage_is_noted_and_ends_by_itself_without_anything_to_send(
    engine: GatewaySimulator, sender: Account
) -> None:
    friend = friends_of(0)[0]
    with LocalWorker():
        logged_in(sender)
        engine.control.go_offline(seconds=60)
        wait_until(lambda: Outage.objects.filter(ended_at=None), what="the outage")
        engine.control.push_inbound(uin=sender.uin, sender=friend, text="back")
        engine.control.come_online()
        wait_until(texts, what="the first turn after it")
        wait_until(lambda: Outage.objects.exclude(ended_at=None), what="its end")
    assert Outage.objects.count() == 1


@pytest.mark.slow
def test_an_answer_that_arrives_during_a_drain_is_stored(
    engine: GatewaySimulator, sender: Account
) -> None:
    friend = friends_of(0)[0]
    with LocalWorker():
        logged_in(sender)
        engine.control.push_inbound(uin=sender.uin, sender=friend, text="late")
        engine.control.set_faults("latency:after,seconds=0.8,command=GetMsgEx")
        wait_until(lambda: engine.control.faults()[0]["fired"], what="a request under way")
    assert texts() == ["late "]
    assert Lease.objects.get(account=sender).worker is None


# --- an account that sends ---------------------------------------------------------------------


@pytest.mark.slow
def test_work_that_comes_while_a_turn_is_under_way_waits_for_no_tick(
    engine: GatewaySimulator, sender: Account, start: Start
) -> None:
    engine.control.set_faults("latency:after,seconds=0.8,command=GetMsgEx")
    with LocalWorker(is_looking=False) as worker:
        request_account_task(account=sender, kind=AccountTaskKind.LOGIN)
        worker.open_lane(sender).join()
        wait_until(lambda: worker.runtime.inbox.in_progress, what="a turn")
        start(accounts=[sender])
        worker.open_lane(sender).join()  # the wake-up: the lease is taken, so it does nothing
        assert engine.control.figures().arrived == 0
        assert Lease.objects.get(account=sender).woken_at is None
        wait_until(
            lambda: Lease.objects.get(account=sender).woken_at, what="another wake-up", seconds=3
        )


@pytest.mark.slow
def test_a_full_inbox_is_emptied_without_waiting_for_the_heartbeat(
    engine: GatewaySimulator, senders: list[Account]
) -> None:
    engine.control.change(heartbeat=60)
    for number in range(600):  # the simulator hands over 500 at a time
        engine.control.push_inbound(uin=senders[0].uin, sender=10_001, text=str(number))
    with LocalWorker():
        logged_in(senders[0])
        Session.objects.update(poll_at=timezone.now())
        wait_until(lambda: len(texts()) == 600, what="all of them", seconds=10)
    assert texts() == [f"{number} " for number in range(600)]
