"""Answers of inboxes are stored once, after crashes and beside answers that cannot be stored."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db.models import F
from django.utils import timezone

from accounts.account_tasks import request_account_task
from accounts.gateway.inbox import Polled, Turn, claim_turns, poll_inbox, store_polled
from accounts.models import Account, AccountTaskKind, InboundMessage, Lease, Session
from qqhttp import GatewayClient, Message
from qqhttp.simulator import GatewaySimulator
from tests.qqhttp.raw_gateway import Peer, raw_gateway
from tests.sending.working import LocalWorker

pytestmark = pytest.mark.both_databases


@pytest.fixture
def sender(engine: GatewaySimulator, senders: list[Account]) -> Account:
    """One of the gateway's accounts."""
    return senders[0]


def texts() -> list[str]:
    return list(InboundMessage.objects.order_by("pk").values_list("text", flat=True))


def test_storing_an_answer_again_adds_nothing(engine: GatewaySimulator, sender: Account) -> None:
    with _one_turn(sender) as (worker, polled):
        engine.control.push_inbound(uin=sender.uin, sender=10_001, text="once")
        engine.control.push_inbound(uin=sender.uin, sender=10_001, text="twice")
        heard = polled()
        store_polled(polled=[heard])
        store_polled(polled=[heard])
        assert texts() == ["once ", "twice "]
        assert Lease.objects.get(account=sender).worker is None
        assert worker.runtime.inbox.in_progress == {}


def test_a_turn_whose_lease_has_passed_on_gives_nothing_back(
    engine: GatewaySimulator, sender: Account
) -> None:
    with _one_turn(sender) as (worker, polled):
        engine.control.push_inbound(uin=sender.uin, sender=10_001, text="still ours")
        heard = polled()
        Lease.objects.filter(account=sender).update(token=F("token") + 1)
        store_polled(polled=[heard])
        assert texts() == ["still ours "]
        assert Lease.objects.get(account=sender).worker_id == worker.runtime.context.worker.pk
        Lease.objects.update(worker=None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("says", "code", "pause"),
    [
        ("RES=3&", "3", (600, 600)),
        ("RES=7&", "7", (48, 57)),
        ("RES=0&MN=0&MT=&UN=&MG=", "0", (48, 57)),
        ("RES=0&MN=2&MT=9,9,&UN=10001,&MG=a,b,", "malformed", (48, 57)),
    ],
)
def test_when_the_next_turn_is(says: str, code: str, pause: tuple[float, float]) -> None:
    def answer(peer: Peer) -> None:
        while (arrival := peer.request()) is not None:
            peer.answer(arrival, says)

    with raw_gateway(answer) as gateway, GatewayClient(gateway.url) as client:
        polled = poll_inbox(client=client, turn=Turn(1, 20_001, 1, 60, None, 5))
    assert (polled.code, polled.messages) == (code, ())
    assert polled.pause is not None
    assert pause[0] <= polled.pause <= pause[1]


def test_what_the_database_cannot_store_as_it_is(engine: GatewaySimulator, sender: Account) -> None:
    with _one_turn(sender) as (_worker, polled):
        heard = polled()
        odd = Message(kind=7, sender=10_001, text="a\0b")
        store_polled(
            polled=[Polled(heard.turn, "0", heard.at, heard.received_at, heard.pause, (odd,))]
        )
    row = InboundMessage.objects.get()
    assert (row.kind, row.text) == (7, "a\ufffdb")


def test_an_answer_that_cannot_be_stored_does_not_affect_the_others(
    engine: GatewaySimulator, sender: Account, caplog: pytest.LogCaptureFixture
) -> None:
    with _one_turn(sender) as (worker, polled):
        engine.control.push_inbound(uin=sender.uin, sender=10_001, text="kept")
        heard = polled()
        # Half a character: it is no UTF-8, and no database takes it.
        odd = Message(kind=9, sender=10_001, text="secret \ud83d")
        by_a_lane = replace(heard.turn, token=None)
        inbox = worker.runtime.inbox
        inbox.in_progress[sender.pk] = heard.turn
        with caplog.at_level(logging.ERROR):
            worker.runtime.context.polled.put(
                Polled(by_a_lane, "0", heard.at, heard.received_at, heard.pause, (odd,))
            )
            worker.runtime.context.polled.put(heard)
            inbox.close(patience=5.0)
        assert (texts(), inbox.in_progress) == (["kept "], {})
    assert "cannot be stored: UnicodeEncodeError" in caplog.text
    assert "secret" not in caplog.text


class _one_turn:
    """A worker without inbox rounds, and a function that polls an account."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def __enter__(self) -> tuple[LocalWorker, Callable[[], Polled]]:
        self._worker = LocalWorker(is_looking=False).__enter__()
        self._worker.runtime.inbox.close(patience=0.0)
        request_account_task(account=self._account, kind=AccountTaskKind.LOGIN)
        self._worker.open_lane(self._account).join()
        Session.objects.update(poll_at=timezone.now())
        return self._worker, self._take

    def __exit__(self, *_error: object) -> None:
        self._worker.__exit__(None, None, None)

    def _take(self) -> Polled:
        runtime = self._worker.runtime
        mine: dict[str, int] = {
            "worker_id": runtime.context.worker.pk,
            "egress_id": runtime.context.egress.pk,
        }
        (turn,) = claim_turns(**mine, limit=10)
        assert claim_turns(**mine, limit=10) == []
        assert turn.seq == Lease.objects.get(account=self._account).last_seq
        with runtime.context.new_client() as client:
            assert isinstance(client, GatewayClient)
            return poll_inbox(client=client, turn=turn)
