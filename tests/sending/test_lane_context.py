"""What the lanes of a worker share: the list of running runs."""

from __future__ import annotations

import pytest

from accounts.leases.workers import register_worker
from campaigns.run_control.lifecycle import pause_run
from clocks import local
from sending.lanes.context import LaneContext
from sending.lanes.gateway_watch import GatewayWatch
from sending.ledger.ledger import Ledger
from tests.campaigns.factories import make_account, make_campaign, make_list, make_run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]


@pytest.mark.parametrize("reads", ["read_runs", "refresh_runs"])
def test_lanes_are_woken_whichever_read_notices_that_a_run_paused(
    reads: str,
) -> None:
    """The control loop and an opening lane both read the runs: the first to notice must wake."""
    account = make_account(20_001)
    run = make_run(make_campaign("spring", lists=[make_list("all", [100_000])], accounts=[account]))
    worker = register_worker(egress_name="default", source_address=None, proxy=None, version="1")
    woken: list[str] = []

    def wake() -> None:
        woken.append("all")

    context = LaneContext(
        worker=worker,
        ledger=Ledger(worker_id=worker.pk),
        gateway=GatewayWatch(egress_id=worker.egress.pk, on_return=wake),
        lanes=(),
        wake_lanes=wake,
    )
    context.read_runs()
    assert (list(context.runs), woken) == ([run.pk], [])
    pause_run(run=run)
    if reads == "read_runs":
        context.read_runs()
    else:
        context.refresh_runs(since=local.elapsed())
    assert (context.runs, woken) == ({}, ["all"])
