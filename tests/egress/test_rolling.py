"""A rolling update during a run: both versions run side by side, then the old one is stopped."""

from __future__ import annotations

import itertools
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from accounts.models import Account, Worker
from qqcampaign.stack.process_specs import WORKER_GRACE
from qqcampaign.translations import PACKAGES
from qqhttp.simulator import GatewaySimulator
from qqhttp.simulator.population import populate
from tests.egress.fleet import Fleet, assert_exact, is_over, sent
from tests.running_stack import ROOT

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180), pytest.mark.exhaustive]

FRIENDS, GAP = 40, 0.4


def test_a_new_version_takes_over_while_a_run_is_going(
    make_fleet: Callable[..., Fleet], tmp_path: Path
) -> None:
    with GatewaySimulator(accounts=4, friends=FRIENDS, min_interval=0.3) as gateway:
        fleet = make_fleet(gateway.url)
        hasty, *others = fleet.make_people(populate(gateway.settings), gap=GAP)
        # One account is too fast, so it is in its penalty of 20 seconds when the old version stops.
        Account.objects.filter(pk=hasty.pk).update(min_interval=0.0)
        old = fleet.start_worker("e")
        fleet.wait_for_workers("e")
        run = fleet.start_run()
        fleet.wait_until(lambda: sent(run) > 10, what="the first messages")

        fleet.start_worker("e", root=_copy_of_version("9.9.9", tmp_path))
        fleet.wait_until(lambda: _versions() >= {"9.9.9"}, what="both versions side by side")
        assert len(_versions()) == 2
        told_at, began_at = time.time(), time.monotonic()
        old.send_signal(signal.SIGTERM)
        assert old.wait(WORKER_GRACE) == 0
        took = time.monotonic() - began_at
        print(f"drained within {took:.1f} s")
        # The time depends on the rest of the penalty; a worker without one ends within a second.
        assert took > 1, "it waited for the account in its penalty"
        assert _versions() == {"9.9.9"}

        gateway.control.change(min_interval=0.0, penalty=0.1)
        fleet.wait_until(lambda: is_over(run), what="the end of the run")
        assert_exact(run, gateway.control, people=4 * FRIENDS)
        gap = max(_longest_gap(gateway, account.uin, since=told_at - 2) for account in others)
        print(f"longest gap {gap:.1f} s")
        assert gap < 10.0, "the others go on within seconds"


def _versions() -> set[str]:
    return set(Worker.objects.living().values_list("version", flat=True))


def _longest_gap(gateway: GatewaySimulator, uin: int, *, since: float) -> float:
    times = [message.at for message in gateway.control.messages(uin=uin) if message.at > since]
    return max(later - earlier for earlier, later in itertools.pairwise(times))


def _copy_of_version(version: str, folder: Path) -> Path:
    """Copy the program and give the copy another version."""
    copy = folder / f"version-{version}"
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__", "*.po")
        )
    (copy / "qqcampaign" / "version.py").write_text(f'VERSION = "{version}"\n')
    return copy
