"""Messages are delivered at least once, in order about each object, whatever a receiver does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from clocks import local, shared
from tests.webhooks.receiver import Receiver, is_signed, running_receiver
from webhooks.delivering import call, record
from webhooks.delivering.dispatch import dispatch
from webhooks.delivering.drain import drain
from webhooks.delivering.queue import claim_endpoint
from webhooks.endpoints import add_endpoint, enable_endpoint, resend, rotate_secret, send_test
from webhooks.models import Endpoint, Message
from webhooks.outbox.tell import Event, tell
from webhooks.states import EndpointState, EventKind, MessageState

pytestmark = pytest.mark.django_db(transaction=True)


def _endpoint(receiver: Receiver, name: str = "crm", **more: Any) -> Endpoint:
    return add_endpoint(name=name, url=receiver.url, events=[], **more)


def _tell(about: str, *numbers: int) -> None:
    for n in numbers:
        tell(EventKind.RUN_STATE, [Event(about, {"n": n}, {"text": "hello"})])


def _drain(endpoint: Endpoint) -> None:
    drain(endpoint.pk, until=local.elapsed() + 5)


def _again_at_once() -> None:
    Message.objects.filter(state=MessageState.QUEUED).update(next_at=None)
    Endpoint.objects.update(rests_until=None)


def test_an_event_arrives_signed_and_without_texts(receiver: Receiver) -> None:
    endpoint = _endpoint(receiver)
    _tell("run:1", 1)
    _drain(endpoint)
    headers, body = receiver.heads[0]
    assert is_signed(headers, body, endpoint.secret)
    assert not is_signed(headers, body + b" ", endpoint.secret)
    [(key, told)] = receiver.taken
    assert (told["type"], told["about"], told["data"]) == ("run.state", "run:1", {"n": 1})
    assert told["timestamp"].endswith("Z")
    message = Message.objects.get()
    assert (message.state, message.status, message.key) == (MessageState.DELIVERED, 200, key)


def test_texts_are_sent_to_those_who_ask_for_them(receiver: Receiver) -> None:
    endpoint = _endpoint(receiver, with_texts=True)
    _tell("run:1", 1)
    _drain(endpoint)
    assert receiver.taken[0][1]["data"] == {"n": 1, "text": "hello"}


def test_both_secrets_sign_after_a_rotation(receiver: Receiver) -> None:
    endpoint = _endpoint(receiver)
    old = endpoint.secret
    new = rotate_secret(endpoint=endpoint).secret
    _tell("run:1", 1)
    _drain(endpoint)
    assert new != old
    assert all(is_signed(*receiver.heads[0], secret) for secret in (old, new))


def test_a_later_event_waits_for_an_earlier_one_about_the_same_object(receiver: Receiver) -> None:
    endpoint = _endpoint(receiver)
    _tell("run:1", 1, 2, 3)
    _tell("run:2", 1)
    statuses = iter([500])
    receiver.mood = lambda: (next(statuses, 200), 0.0)
    _drain(endpoint)
    assert [body["about"] for _key, body in receiver.taken] == ["run:2"] or (
        [body["data"]["n"] for body in receiver.first_times()["run:1"]] == [1, 2, 3]
    )
    _again_at_once()
    _drain(endpoint)
    assert [body["data"]["n"] for body in receiver.first_times()["run:1"]] == [1, 2, 3]


def test_a_redirect_is_not_followed_and_the_answer_is_cut(receiver: Receiver) -> None:
    endpoint = _endpoint(receiver)
    receiver.mood = lambda: (302, 0.0)
    _tell("run:1", 1)
    _drain(endpoint)
    message = Message.objects.get()
    assert (message.state, message.status, message.tries) == (MessageState.QUEUED, 302, 1)
    assert message.answer.startswith("words of the receiver")
    assert len(message.answer) <= 500
    assert len(receiver.heads) == 1


def test_private_addresses_are_refused(receiver: Receiver, settings: Any) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = False
    endpoint = _endpoint(receiver)
    _tell("run:1", 1)
    _drain(endpoint)
    assert not receiver.heads
    assert "127.0.0.1" in Message.objects.get().problem


def test_an_endpoint_that_takes_nothing_for_a_day_fails_and_loses_nothing(
    receiver: Receiver,
) -> None:
    endpoint = _endpoint(receiver)
    receiver.mood = lambda: (500, 0.0)
    _tell("run:1", 1)
    _drain(endpoint)
    Endpoint.objects.update(failing_since=shared.wall() - record.TRIED_FOR - timedelta(minutes=1))
    _again_at_once()
    _drain(endpoint)
    endpoint.refresh_from_db()
    assert endpoint.state == EndpointState.FAILING
    _tell("run:1", 2)
    calls = len(receiver.heads)
    _again_at_once()
    _drain(endpoint)
    assert len(receiver.heads) == calls
    receiver.mood = lambda: (200, 0.0)
    enable_endpoint(endpoint=endpoint)
    _drain(endpoint)
    assert [body["data"]["n"] for body in receiver.first_times()["run:1"]] == [1, 2]


def test_who_lost_the_claim_records_nothing(receiver: Receiver) -> None:
    endpoint = _endpoint(receiver)
    claim = claim_endpoint(endpoint.pk)
    assert claim is not None
    assert claim_endpoint(endpoint.pk) is None
    Endpoint.objects.update(claimed_until=shared.wall() - timedelta(seconds=1))
    endpoint.refresh_from_db()
    assert claim_endpoint(endpoint.pk) == claim + 1
    assert record.record(endpoint, []) is False


def test_a_slow_endpoint_delays_no_other(receiver: Receiver, monkeypatch: Any) -> None:
    monkeypatch.setattr(call, "LONGEST", 3.0)
    with running_receiver() as slow:
        slow.mood = lambda: (200, 2.0)
        _endpoint(slow, "slow")
        _endpoint(receiver, "quick")
        _tell("run:1", *range(6))
        dispatch(seconds=1.5)
    assert [body["data"]["n"] for _key, body in receiver.taken] == list(range(6))
    assert len(slow.taken) == 1


def test_a_message_is_sent_again_on_request_with_its_id(receiver: Receiver) -> None:
    endpoint = _endpoint(receiver)
    message = send_test(endpoint=endpoint)
    _drain(endpoint)
    assert resend(endpoint=endpoint, message=message.pk) == 1
    _drain(endpoint)
    assert [key for key, _body in receiver.taken] == [message.key, message.key]
    assert resend(endpoint=endpoint) == 0
