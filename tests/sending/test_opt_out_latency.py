"""From the gateway handing a reply over to the suppression being in force: within a second.

The real worker polls the real simulator. A planned message to the person is skipped.
"""

from __future__ import annotations

import time

import pytest

from accounts.models import Account, InboundMessage
from contacts.models import Suppression
from qqhttp.simulator import GatewaySimulator
from sending.models import Delivery
from sending.opt_outs.word_list import add_words
from tests.sending.conftest import FRIENDS, Start, assert_exact, friends_of, is_finished, states_of
from tests.sending.inboxes import A_HEARTBEAT, logged_in
from tests.sending.working import LocalWorker, wait_until

#: What is promised is a second; the rest is for a busy machine.
BOUND_SECONDS = 3.0


def is_suppressed(uin: int) -> bool:
    return Suppression.objects.in_force().filter(uin=uin, contact_list=None).exists()


def is_handed_over(gateway: GatewaySimulator, account: Account) -> bool:
    (shown,) = [one for one in gateway.control.accounts() if one["uin"] == account.uin]
    return bool(shown["waiting"] == 0)


@pytest.mark.slow
def test_the_suppression_is_in_force_within_a_second(
    engine: GatewaySimulator, sender: Account
) -> None:
    add_words(words=["TD"])
    latencies = []
    with LocalWorker() as worker:
        logged_in(sender)
        for person in friends_of(0)[:5]:
            engine.control.push_inbound(uin=sender.uin, sender=person, text="TD")
            wait_until(lambda: is_handed_over(engine, sender), seconds=A_HEARTBEAT)
            handed_over_at = time.monotonic()
            wait_until(lambda uin=person: is_suppressed(uin), what="the suppression")  # type: ignore[misc]
            latencies.append(time.monotonic() - handed_over_at)
        assert worker.deaths == []
    print(f"\nopt-outs in force after {max(latencies) * 1000:.0f} ms at most")
    assert max(latencies) < BOUND_SECONDS
    assert not InboundMessage.objects.filter(handled=False).exists()


@pytest.mark.slow
def test_what_is_planned_for_the_person_is_skipped(
    engine: GatewaySimulator, sender: Account, start: Start
) -> None:
    add_words(words=["TD"])
    Account.objects.update(min_interval=0.4)
    run = start(accounts=[sender])
    last = list(run.deliveries.order_by("-pk").values_list("uin", flat=True)[:2])
    with LocalWorker() as worker:
        wait_until(lambda: engine.control.figures().arrived >= 1, what="the first message")
        for person in last:
            engine.control.push_inbound(uin=sender.uin, sender=person, text="td")
        wait_until(lambda: is_finished(run), what="the end of the run")
        assert worker.deaths == []
    assert states_of(run) == {"sent": FRIENDS - 2, "skipped": 2}
    skipped = Delivery.objects.filter(run=run, reason="suppressed").values_list("uin", flat=True)
    assert set(skipped) == set(last)
    assert_exact(run, engine)
