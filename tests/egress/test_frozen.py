"""A process that is frozen between its mark and its request, and goes on when it is too late."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from accounts.models import Worker
from accounts.querysets.worker import PRESUMED_DEAD_SECONDS, PROVED_SECONDS
from campaigns.engine.lane import FRESH_SECONDS
from campaigns.models import Delivery
from qqcampaign import settings
from qqhttp.simulator import GatewaySimulator
from qqhttp.simulator.population import populate
from qqhttp.transport import UNACKNOWLEDGED_SECONDS
from tests.egress.fleet import Fleet, assert_exact, is_over

FRIENDS = 10


def test_whoever_may_still_send_has_its_lease() -> None:
    """The mark's proof outlives the request, however slow connecting and the network are."""
    proof = PRESUMED_DEAD_SECONDS - PROVED_SECONDS
    assert proof >= FRESH_SECONDS + settings.QQ_CONNECT_TIMEOUT + UNACKNOWLEDGED_SECONDS


@pytest.mark.stack
@pytest.mark.timeout(180)
def test_a_frozen_process_sends_nothing_when_it_goes_on(make_fleet: Callable[..., Fleet]) -> None:
    # The replies take a while, as they do at a gateway.
    with GatewaySimulator(accounts=3, friends=FRIENDS, latency=0.05) as gateway:
        fleet = make_fleet(gateway.url)
        fleet.make_people(populate(gateway.settings), gap=0.1)
        frozen = fleet.start_worker(
            "a",
            source="127.0.0.2",
            QQCAMPAIGN_FAILPOINTS="after_mark=1",
            QQCAMPAIGN_FAILPOINT_SIGNAL="SIGSTOP",
        )
        fleet.wait_for_workers("a")
        run = fleet.start_run()
        fleet.wait_until(lambda: _is_frozen(frozen.pid), what="the process is frozen")
        assert gateway.control.figures().arrived == 0
        assert Delivery.objects.in_flight().exists(), "marked, and not sent"

        fleet.start_worker("b", source="127.0.0.3")
        fleet.wait_until(lambda: is_over(run), what="the end of the run, from the other worker")
        old = Worker.objects.get(egress__name="a")
        os.kill(frozen.pid, signal.SIGCONT)
        fleet.wait_until(
            lambda: Worker.objects.living().filter(egress__name="a", pk__gt=old.pk).exists(),
            what="the frozen process starts over",
        )
        assert_exact(run, gateway.control, people=3 * FRIENDS)
        figures = gateway.control.figures()
        # Each mark led to one request: what was open was sent by the other worker alone.
        assert figures.requests["CLTMSG"] == 3 * FRIENDS, figures
        assert figures.results["CLTMSG"] == {"0": 3 * FRIENDS}


def _is_frozen(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
