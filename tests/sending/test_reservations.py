"""The reservations in the rate windows equal the attempts: a message not sent keeps none."""

from __future__ import annotations

import contextlib
import time
from datetime import timedelta
from typing import Any

import pytest

from accounts.leases.workers import end_worker, register_worker
from accounts.models import Account
from accounts.pacing.redis_client import live
from campaigns.run_control.lifecycle import pause_run, resume_run
from clocks import shared
from foundation.refusals import Refusal
from qqhttp.simulator import GatewaySimulator
from sending.models import Attempt
from tests.sending.conftest import FRIENDS, Start, is_finished
from tests.sending.working import LocalWorker, wait_until

pytestmark = pytest.mark.both_databases


def reservations(account: Account) -> set[str]:
    """Return the reservations an account has taken in its windows."""
    client: Any = live()
    members = client.zrange(f"pace:account:{account.pk}", 0, -1)
    return {member for member in members if not member.startswith("seed")}


def attempts(account: Account) -> set[str]:
    seqs = Attempt.objects.filter(account=account).values_list("seq", flat=True)
    return {f"{account.pk}:{seq}" for seq in seqs}


@pytest.mark.slow
def test_a_refused_mark_keeps_no_reservation(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    """The run is paused and resumed all the time, so many marks are refused."""
    Account.objects.update(per_hour=100, min_interval=0.02)
    run = start(accounts=senders[:1])
    with LocalWorker():
        deadline = time.monotonic() + 20
        while not is_finished(run) and time.monotonic() < deadline:
            with contextlib.suppress(Refusal):  # it may end at any moment
                pause_run(run=run)
                time.sleep(0.03)
                resume_run(run=run)
            time.sleep(0.03)
    assert is_finished(run)
    assert reservations(senders[0]) == attempts(senders[0])
    # On a slow machine a pause may come between mark and request: that attempt is withheld.
    left = Attempt.objects.filter(account=senders[0]).exclude(res="withheld")
    assert left.count() == FRIENDS


@pytest.mark.slow
def test_a_closed_sending_window_keeps_no_reservation(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    Account.objects.update(per_hour=100, min_interval=0.2)
    local_time = shared.wall().astimezone()
    opened = (local_time - timedelta(hours=1)).time()
    run = start(
        accounts=senders[:1], windows=f"{opened:%H:%M:%S}-{_in(2.5):%H:%M:%S}", timezone="UTC"
    )
    with LocalWorker():
        time.sleep(4.0)
    assert 0 < len(attempts(senders[0])) < FRIENDS or is_finished(run)
    assert reservations(senders[0]) == attempts(senders[0])


def test_a_lane_that_died_leaves_no_reservation(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    """It died between the reservation and its mark."""
    Account.objects.update(per_hour=100)
    client: Any = live()
    client.zadd(f"pace:account:{senders[0].pk}", {"seed": 0, f"{senders[0].pk}:1": 1e15})
    worker_left = senders[0].lease
    worker_left.worker_id = _dead_worker()
    worker_left.save()
    run = start(accounts=senders[:1])
    with LocalWorker():
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert reservations(senders[0]) == attempts(senders[0])


def _dead_worker() -> int:
    worker = register_worker(egress_name="default", source_address=None, proxy=None, version="t")
    end_worker(worker_id=worker.pk, reason="killed")
    return worker.pk


def _in(seconds: float) -> Any:
    return (shared.wall() + timedelta(seconds=seconds)).time().replace(microsecond=0)
