"""One message to one person: sent like any other, once, and its state can be asked for."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest

from accounts.models import Account, Friend
from api.messages.tick import keep_messages
from api.models import Message, MessageRun
from api.scopes import Scope
from clocks import shared
from contacts.models import Suppression
from conversations.admin.inbox_thread import thread_stamp
from conversations.threads.thread import read_thread
from qqhttp.simulator import GatewaySimulator
from sending.models import Delivery, QuietHours
from sending.reconcile import reconcile
from sending.runs.figures import check_figures
from sending.runs.transitions import change_run_state
from tests.api.asking import administrator, program
from tests.conversations.writing import a_conversation
from tests.sending.conftest import friends_of
from tests.sending.working import LocalWorker, wait_until

pytestmark = pytest.mark.both_databases

FRIEND = friends_of(0)[0]


def _refused(body: dict[str, Any], *, status: int = 409) -> str:
    answer = administrator().post("messages", body)
    assert answer.status_code == status, answer.content
    assert not Delivery.objects.exists()
    assert not Message.objects.exists()
    error: str = answer.json()["error"]
    return error


@pytest.mark.slow
def test_a_message_reaches_the_person_once(engine: GatewaySimulator, sender: Account) -> None:
    shop = program("conversations.add_answer", "sending.view_delivery", scope=Scope.SEND)
    body = {"to": FRIEND, "text": "{{ 10 }} 元", "account": sender.uin}
    with LocalWorker() as worker:
        said = shop.post("messages", body, Idempotency_Key="order-1")
        assert said.status_code == 201, said.content
        again = shop.post("messages", body, Idempotency_Key="order-1")
        assert again.json() == said.json()
        assert again["Idempotent-Replayed"] == "true"
        where = f"messages/{said.json()['id']}"
        wait_until(lambda: shop.get(where).json()["state"] == "sent", what="the message", seconds=8)
        reconcile()
        assert worker.deaths == []
    shown = shop.get(where).json()
    assert (shown["last_res"], shown["account"], shown["why"]) == ("0", sender.uin, None)
    assert shown["seq"]
    assert engine.control.check([(FRIEND, "{{ 10 }} 元")]).is_exact
    run = MessageRun.objects.get()
    assert check_figures(run=run) == []
    assert [one["id"] for one in shop.get(f"messages?to={FRIEND}").json()["items"]] == [shown["id"]]


def test_an_account_with_this_friend_is_chosen(senders: list[Account]) -> None:
    said = administrator().post("messages", {"to": friends_of(2)[3], "text": "hi"})
    assert said.json()["account"] == senders[2].uin
    assert said.json()["state"] == "pending"
    assert said.json()["why"]


def test_what_cannot_be_sent_is_refused(senders: list[Account]) -> None:
    assert _refused({"to": 99_999, "text": "hi"}) == "no_account"


def test_who_is_no_friend_is_refused(senders: list[Account]) -> None:
    Friend.objects.filter(uin=FRIEND).update(ended_at=shared.wall())
    body = {"to": FRIEND, "text": "hi", "account": senders[0].uin}
    assert _refused(body) == "not_a_friend"


def test_who_is_suppressed_is_refused(senders: list[Account]) -> None:
    Suppression.objects.create(uin=FRIEND)
    assert _refused({"to": FRIEND, "text": "hi"}) == "suppressed"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"to": FRIEND}, "text"),
        ({"to": FRIEND, "text": ""}, "text"),
        ({"to": FRIEND, "text": "a\0b"}, "text"),
        ({"to": str(FRIEND), "text": "hi"}, "to"),
        ({"to": 2**70, "text": "hi"}, "to"),
        ({"to": True, "text": "hi"}, "to"),
        ({"to": FRIEND, "text": "hi", "txt": 1}, "txt"),
        ({"to": FRIEND, "text": "hi", "expires_after": -1}, "expires_after"),
    ],
)
@pytest.mark.django_db
def test_a_wrong_body_is_refused_with_its_field(body: dict[str, Any], field: str) -> None:
    answer = administrator().post("messages", body)
    assert answer.status_code == 400
    assert answer.json()["field"] == field


def test_quiet_hours_hold_unless_the_right_is_used(senders: list[Account]) -> None:
    QuietHours.objects.create(start=time(0), end=time(23, 59), timezone="Asia/Shanghai")
    shop = program("conversations.add_answer", scope=Scope.SEND)
    body = {"to": FRIEND, "text": "hi"}
    assert shop.post("messages", body).status_code == 201
    assert not MessageRun.objects.get().overrides_quiet_hours
    body["override_quiet_hours"] = True
    assert shop.post("messages", body).status_code == 403
    assert administrator().post("messages", body).status_code == 201
    assert {run.overrides_quiet_hours for run in MessageRun.objects.all()} == {True, False}


def test_what_is_too_old_is_cancelled_and_a_stopped_run_goes_on(senders: list[Account]) -> None:
    root = administrator()
    old = root.post("messages", {"to": FRIEND, "text": "old", "expires_after": 60}).json()["id"]
    new = root.post("messages", {"to": FRIEND, "text": "new"}).json()["id"]
    Message.objects.filter(pk=old).update(expires_at=shared.wall() - timedelta(seconds=1))
    run = MessageRun.objects.get()
    change_run_state(run_id=run.pk, to="stopped")
    keep_messages()
    keep_messages()
    assert root.get(f"messages/{old}").json()["state"] == "cancelled"
    assert root.get(f"messages/{new}").json()["state"] == "pending"
    run.refresh_from_db()
    assert run.state == "running"
    assert check_figures(run=run) == []


def test_a_message_is_in_the_thread_of_its_conversation(senders: list[Account]) -> None:
    account = senders[0]
    conversation = a_conversation(account, sender=FRIEND)
    said = administrator().post("messages", {"to": FRIEND, "text": "hi", "account": account.uin})
    assert said.status_code == 201, said.content
    shown, asked = read_thread(conversation=conversation).messages
    assert (shown.kind, shown.text, shown.state) == ("message", "hi", "pending")
    assert (shown.is_ours, asked.kind) == (True, "inbound")
    stamp = thread_stamp(conversation.pk)
    assert thread_stamp(conversation.pk) == stamp
    Delivery.objects.update(state="sent", last_res="0", sent_at=shared.wall() - timedelta(hours=1))
    assert thread_stamp(conversation.pk) != stamp  # so the page that shows it follows
    older = read_thread(conversation=conversation).messages
    assert [(one.kind, one.state) for one in older] == [("inbound", ""), ("message", "sent")]
    page = read_thread(conversation=conversation, limit=1)
    assert page.next
    [last] = read_thread(conversation=conversation, before=page.next).messages
    assert last.kind == "message"
