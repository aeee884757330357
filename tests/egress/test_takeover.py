"""After a worker dies or stops, its accounts log in from another egress with a worker."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from accounts.models import Lease, Worker
from campaigns.models import CampaignRun
from campaigns.reports.waiting_reasons import run_waiting_reasons
from qqhttp.simulator import GatewaySimulator
from qqhttp.simulator.population import populate
from tests.egress.fleet import (
    Fleet,
    assert_exact,
    is_over,
    last_attempt,
    sent_since,
    where,
)
from tests.ledger_process import state_of

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180), pytest.mark.both_databases]

FRIENDS, GAP = 30, 0.2
FREEZES = {
    "QQCAMPAIGN_FAILPOINTS": "after_mark=0.15",  # of about sixty marks
    "QQCAMPAIGN_FAILPOINT_SIGNAL": "SIGSTOP",
}
#: Accounts of a dead worker must send from another egress within this time, seconds.
TAKEN_OVER_WITHIN = 60.0


def test_accounts_of_dead_and_stopped_workers_pass_on(make_fleet: Callable[..., Fleet]) -> None:
    with GatewaySimulator(accounts=8, friends=FRIENDS) as gateway:
        fleet = make_fleet(gateway.url)
        accounts = fleet.make_people(populate(gateway.settings), gap=GAP)
        pinned = accounts[:2]
        fleet.pin(pinned, "a")
        # b freezes between a mark and its request, so it has an open attempt when it continues.
        killed = fleet.start_worker("a", source="127.0.0.2")
        frozen = fleet.start_worker("b", source="127.0.0.3", env=FREEZES)
        fleet.start_worker("c", source="127.0.0.4")
        fleet.wait_for_workers(*"abc")
        run = fleet.start_run()
        fleet.wait_until(
            lambda: where(accounts) == {"a", "b", "c"} and _is_frozen(frozen.pid),
            what="everybody sends, and one freezes",
        )
        _assert_each_talks_from_its_own_address(gateway)
        assert where(pinned) == {"a"}

        killed.kill()
        seen, free = last_attempt(), accounts[2:]
        took = fleet.wait_until(
            lambda: where(free) == {"c"} and len(sent_since(seen, free)) == len(free),
            what="the others send from c",
            seconds=TAKEN_OVER_WITHIN,
        )
        print(f"taken over within {took:.1f} s")
        fleet.wait_until(
            lambda: "pinned to egress" in " ".join(_explanations(run)),
            what="the explanation of the pinned accounts",
        )

        frozen.send_signal(signal.SIGCONT)
        fleet.wait_for_workers("b")  # as a new worker
        fleet.start_worker("a", source="127.0.0.2")
        fleet.wait_until(lambda: is_over(run), what="the end of the run")
        assert where(pinned) == {"a"}
        assert_exact(run, gateway.control, people=8 * FRIENDS)
        # If the frozen worker had sent late, the gateway would have answered RES=20.
        assert set(gateway.control.figures().results["CLTMSG"]) == {"0"}
        assert Worker.objects.filter(end_reason="no heartbeat for too long").count() == 2
        fleet.wait_until(lambda: not Lease.objects.held().exists(), what="all leases are back")


def _is_frozen(pid: int) -> bool:
    return state_of(pid) == "T"


def _explanations(run: CampaignRun) -> list[str]:
    run.refresh_from_db()
    return [why.sentence for why in run_waiting_reasons(run=run)]


def _assert_each_talks_from_its_own_address(gateway: GatewaySimulator) -> None:
    """The gateway sees the account at the address of its egress."""
    bound = dict(Lease.objects.values_list("account__uin", "egress__source_address"))
    seen = {row["uin"]: row["address"] for row in gateway.control.accounts() if row["is_online"]}
    assert seen == {uin: bound[uin] for uin in seen}
    assert len(set(seen.values())) == 3
