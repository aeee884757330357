"""The process that writes a worker's ledger: it dies, its worker dies, both die."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from campaigns.models import CampaignRun
from qqhttp.simulator import GatewaySimulator
from qqhttp.simulator.population import populate
from tests.egress.fleet import Fleet, assert_exact, is_over, sent
from tests.ledger_process import MODULE, is_running, writers_of

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180), pytest.mark.both_databases]

ACCOUNTS, FRIENDS, GAP = 4, 40, 0.1


@contextmanager
def _begun(
    make_fleet: Callable[..., Fleet],
) -> Iterator[tuple[GatewaySimulator, Fleet, CampaignRun]]:
    """Yield a gateway, a fleet without a worker, and a run that waits for one."""
    with GatewaySimulator(accounts=ACCOUNTS, friends=FRIENDS) as gateway:
        fleet = make_fleet(gateway.url)
        fleet.make_people(populate(gateway.settings), gap=GAP)
        yield gateway, fleet, fleet.start_run()


def test_a_run_survives_deaths_after_commits_whose_answers_are_lost(
    make_fleet: Callable[..., Fleet],
) -> None:
    with _begun(make_fleet) as (gateway, fleet, run):
        worker = fleet.start_worker("a", env={"QQCAMPAIGN_FAILPOINTS": "after_commit=0.1"})
        fleet.wait_until(lambda: is_over(run), what="the end of the run", seconds=120)
        log = (fleet.folder / "a.log").read_text("utf-8")
        deaths = log.count("failpoint after_commit\n")
        assert deaths, "none of more than a hundred batches"
        assert log.count("The process that writes it ended with -9.") == deaths
        assert worker.poll() is None, "the worker itself went on"
        assert_exact(run, gateway.control, people=ACCOUNTS * FRIENDS)


def test_it_ends_with_its_worker_and_not_by_a_signal_to_end(
    make_fleet: Callable[..., Fleet],
) -> None:
    with _begun(make_fleet) as (gateway, fleet, run):
        worker = fleet.start_worker("a")
        fleet.wait_until(lambda: sent(run) > 5, what="some are sent")
        (first,) = writers_of(worker.pid)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            os.kill(first, number)
        seen = sent(run)
        fleet.wait_until(lambda: sent(run) > seen + 5, what="more are sent")
        assert writers_of(worker.pid) == [first]

        os.kill(first, signal.SIGKILL)  # between two batches, or in one
        seen = sent(run)
        fleet.wait_until(lambda: sent(run) > seen + 5, what="more are sent after its death")
        (second,) = writers_of(worker.pid)
        assert second != first

        worker.kill()
        fleet.wait_until(lambda: not is_running(second), what="it ends too", seconds=10)
        worker = fleet.start_worker("a")
        fleet.wait_until(lambda: is_over(run), what="the end of the run", seconds=120)
        (third,) = writers_of(worker.pid)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0
        assert not is_running(third)
        assert_exact(run, gateway.control, people=ACCOUNTS * FRIENDS)


def test_a_worker_whose_writer_cannot_be_started_ends(
    make_fleet: Callable[..., Fleet], tmp_path: Path
) -> None:
    """It does not wait for ever: whoever keeps it running starts it again."""
    (tmp_path / "sitecustomize.py").write_text(
        f"import os, sys\n"
        f"if {MODULE!r} in sys.orig_argv:\n"
        f"    open({str(tmp_path / 'starts')!r}, 'a').write('.')\n"
        f"    os._exit(1)\n"
    )
    with _begun(make_fleet) as (_gateway, fleet, run):
        worker = fleet.start_worker("a", env={"PYTHONPATH": str(tmp_path)})
        assert worker.wait(60) == os.EX_SOFTWARE
        log = (fleet.folder / "a.log").read_text("utf-8")
        assert "The ledger broke down; this worker ends." in log
        assert ((tmp_path / "starts").read_text(), sent(run)) == (".....", 0)
