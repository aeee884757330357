"""Stored messages are handled once, in their transaction; one bad message delays no other."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.db import OperationalError, transaction

from accounts import inbound_handlers
from accounts.gateway.inbox import Polled, Turn, store_polled
from accounts.inbound_handlers import handle_those_left, register_inbound_handler
from accounts.models import Account, Egress, InboundMessage
from clocks import shared
from qqhttp import Message
from tests.campaigns.factories import make_account

pytestmark = pytest.mark.django_db


class Handler:
    """Notes what it is called with, and fails for some texts."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.fails_for: dict[str, Exception] = {}

    def __call__(self, messages: Sequence[InboundMessage]) -> None:
        self.calls.append([message.text for message in messages])
        for message in messages:
            assert message.pk
            Egress.objects.create(name=message.text)  # any row: what the handler did
            if message.text in self.fails_for:
                raise self.fails_for[message.text]


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> Handler:
    """The only handler there is."""
    monkeypatch.setattr(inbound_handlers, "_handlers", [])
    made = Handler()
    register_inbound_handler(made)
    register_inbound_handler(made)
    return made


@pytest.fixture
def account() -> Account:
    return make_account(20_001)


def answer(account: Account, *texts: str) -> Polled:
    messages = tuple(Message(kind=9, sender=10_001, text=text) for text in texts)
    turn = Turn(account.pk, account.uin, 1, 60, None, 5)
    return Polled(turn, "0", shared.now(), shared.wall(), 50.0, messages)


def handled() -> dict[str, bool]:
    return dict(InboundMessage.objects.order_by("pk").values_list("text", "handled"))


def done() -> list[str]:
    return list(Egress.objects.order_by("pk").values_list("name", flat=True))


def test_all_messages_of_a_batch_are_handled_at_once_and_once(
    handler: Handler, account: Account
) -> None:
    polled = [answer(account, "one", "two"), answer(make_account(20_002), "three")]
    store_polled(polled=polled)
    store_polled(polled=polled)
    assert handler.calls == [["one", "two", "three"]]
    assert handled() == {"one": True, "two": True, "three": True}
    handle_those_left()
    assert len(handler.calls) == 1


def test_one_message_that_fails_delays_no_other(
    handler: Handler, account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    handler.fails_for = {"bad secret": ValueError("bad secret")}
    with caplog.at_level(logging.ERROR):
        store_polled(polled=[answer(account, "one", "bad secret", "two")])
    assert handled() == {"one": True, "bad secret": False, "two": True}
    assert done() == ["one", "two"]
    assert "ValueError" in caplog.text
    assert "secret" not in caplog.text

    handler.fails_for = {}
    handle_those_left()
    assert handled() == {"one": True, "bad secret": True, "two": True}
    assert done() == ["one", "two", "bad secret"]


def test_a_message_that_keeps_failing_is_tried_less_and_less_often(
    handler: Handler, account: Account
) -> None:
    handler.fails_for = {"bad": ValueError()}
    store_polled(polled=[answer(account, "bad")])
    calls = len(handler.calls)
    handle_those_left()
    handle_those_left()
    assert len(handler.calls) == calls + 1
    hour = timedelta(hours=1)
    InboundMessage.objects.update(retry_at=shared.now(), received_at=shared.wall() - 5 * hour)
    handle_those_left()
    retry_at = InboundMessage.objects.get().retry_at
    assert retry_at is not None
    assert hour - timedelta(seconds=20) < retry_at - shared.now() <= hour


def test_a_database_that_is_away_stores_nothing(handler: Handler, account: Account) -> None:
    handler.fails_for = {"one": OperationalError()}
    polled = [answer(account, "one")]
    with pytest.raises(OperationalError), transaction.atomic():
        store_polled(polled=polled)
    assert handled() == {}
    handler.fails_for = {}
    store_polled(polled=polled)
    assert (handled(), done()) == ({"one": True}, ["one"])
