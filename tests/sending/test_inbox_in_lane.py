"""A lane polls its account's inbox without delaying a message."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from accounts.models import (
    Account,
    InboundMessage,
    Lease,
)
from campaigns.models import CampaignRun
from qqhttp.simulator import GatewaySimulator
from sending.lanes import lane_inbox as lane_inbox_module
from tests.sending.conftest import Start, assert_exact, friends_of, is_finished
from tests.sending.inboxes import A_HEARTBEAT, texts
from tests.sending.working import LocalWorker, wait_until


@pytest.mark.slow
def test_a_lane_polls_at_the_beginning_of_a_gap(
    engine: GatewaySimulator, sender: Account, start: Start
) -> None:
    """At its end the poll would cost the message after it the whole gap."""
    engine.control.change(min_interval=0.5)
    Account.objects.update(min_interval=0.5)
    run = start(accounts=[sender])
    friend = friends_of(0)[0]
    with LocalWorker() as worker:
        wait_until(lambda: engine.control.figures().arrived, what="the first message")
        engine.control.push_inbound(uin=sender.uin, sender=friend, text="stop it")
        wait_until(texts, what="the answer")
        assert not is_finished(run)
        wait_until(lambda: is_finished(run), what="the end of the run")
        assert worker.deaths == []
    assert texts() == ["stop it "]
    heard = InboundMessage.objects.get().received_at.timestamp()
    sent = [message.at for message in engine.control.messages()]
    before, after = max(at for at in sent if at < heard), min(at for at in sent if at > heard)
    assert heard - before < after - heard
    _assert_at_its_pace(run, engine, gap=0.5)


@pytest.mark.slow
def test_a_lane_that_waits_for_a_slot_polls_meanwhile(
    engine: GatewaySimulator,
    sender: Account,
    start: Start,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lane_inbox_module, "ROOM_SECONDS", 0.8)
    settings.QQ_GATEWAY_PER_SECOND = 0.4  # a message every 2.5 s
    run = start(accounts=[sender])
    friend = friends_of(0)[0]
    with LocalWorker():
        wait_until(lambda: engine.control.figures().arrived, what="the first message")
        engine.control.push_inbound(uin=sender.uin, sender=friend, text="in time")
        wait_until(texts, what="the answer", seconds=A_HEARTBEAT)
        assert engine.control.figures().arrived <= 3
        assert run.deliveries.filter(state="pending").exists()
        assert Lease.objects.get(account=sender).worker is not None


@pytest.mark.slow
def test_a_lane_whose_session_ended_logs_in_again_and_continues(
    engine: GatewaySimulator, sender: Account, start: Start
) -> None:
    engine.control.set_faults("latency:after,seconds=0.2,command=CLTMSG")
    run = start(accounts=[sender])
    with LocalWorker() as worker:
        wait_until(lambda: engine.control.figures().arrived >= 2, what="two messages")
        engine.control.clear_sessions()
        wait_until(lambda: is_finished(run), what="the end of the run")
        assert worker.deaths == []
    assert engine.control.figures().logins["accepted"] == 2
    assert_exact(run, engine)


def _assert_at_its_pace(run: CampaignRun, gateway: GatewaySimulator, *, gap: float) -> None:
    assert_exact(run, gateway)
    assert gateway.control.too_soon() == []
    assert "3" not in gateway.control.figures().results["CLTMSG"]
    gaps = [after.at - before.at for before, after in pairwise(gateway.control.messages())]
    assert min(gaps) >= gap
