"""The process that writes a worker's ledger is stopped, or cannot be started: nobody waits long."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from django.db import connection

from campaigns.models import CampaignRun
from qqcampaign.stack import process_specs
from qqhttp.simulator import GatewaySimulator
from qqhttp.simulator.population import populate
from tests.egress.fleet import Fleet, assert_exact, is_over, sent
from tests.ledger_process import is_running, writers_of

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240), pytest.mark.both_databases]

ACCOUNTS, FRIENDS, GAP = 6, 80, 0.1


def _begun(make_fleet: Callable[..., Fleet], gateway: GatewaySimulator) -> Fleet:
    fleet = make_fleet(gateway.url)
    fleet.make_people(populate(gateway.settings), gap=GAP)
    return fleet


@contextmanager
def _sending(
    make_fleet: Callable[..., Fleet],
) -> Iterator[tuple[Fleet, CampaignRun, subprocess.Popen[bytes], int]]:
    """Begin a run, and yield it with its fleet, its worker and the process of the worker's ledger.

    In the end the run must end, with each message exactly once.
    """
    with GatewaySimulator(accounts=ACCOUNTS, friends=FRIENDS) as gateway:
        fleet = _begun(make_fleet, gateway)
        run = fleet.start_run()
        worker = fleet.start_worker("a")
        fleet.wait_until(lambda: sent(run) > 5, what="some are sent")
        (writer,) = writers_of(worker.pid)
        yield fleet, run, worker, writer
        fleet.wait_until(lambda: is_over(run), what="the end of the run", seconds=120)
        assert_exact(run, gateway.control, people=ACCOUNTS * FRIENDS)


def _stop_amid_transaction(writer: int) -> None:
    """Stop the process at a moment at which its transaction holds a lock."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        os.kill(writer, signal.SIGSTOP)
        time.sleep(0.03)  # what it has sent is carried out
        if _has_open_transaction():
            return
        os.kill(writer, signal.SIGCONT)
        time.sleep(0.007)
    raise AssertionError("it was never amid a transaction")


def _has_open_transaction() -> bool:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND xact_start < clock_timestamp() - interval '20 ms'"
                " AND state = 'idle in transaction'"
            )
            return bool(cursor.fetchone()[0])
    with closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=0.0)) as other:
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            time.sleep(0.3)  # another process would be ready by then
            with suppress(sqlite3.OperationalError):
                other.execute("BEGIN IMMEDIATE")
                return False
            return True
    return False


@pytest.mark.parametrize("is_amid", [False, True], ids=["anywhere", "amid a transaction"])
def test_a_writer_that_stands_still_is_replaced(
    make_fleet: Callable[..., Fleet], is_amid: bool
) -> None:
    with _sending(make_fleet) as (fleet, run, worker, first):
        if is_amid:
            _stop_amid_transaction(first)
        else:
            os.kill(first, signal.SIGSTOP)
        began_at = time.monotonic()
        fleet.wait_until(lambda: not is_running(first), what="it is killed", seconds=60)
        print(f"killed after {time.monotonic() - began_at:.1f} s")
        fleet.wait_until(lambda: is_over(run), what="the end of the run", seconds=120)
        print(f"over after {time.monotonic() - began_at:.1f} s")
        assert worker.poll() is None, "the worker itself went on"


def test_a_worker_whose_writer_stands_still_ends_in_time(
    make_fleet: Callable[..., Fleet],
) -> None:
    with _sending(make_fleet) as (fleet, _run, worker, writer):
        os.kill(writer, signal.SIGSTOP)
        time.sleep(0.5)
        began_at = time.monotonic()
        worker.terminate()
        assert worker.wait(process_specs.WORKER_GRACE) == 0
        print(f"ended after {time.monotonic() - began_at:.1f} s")
        fleet.wait_until(lambda: not is_running(writer), what="its end", seconds=5)
        fleet.start_worker("a")


def test_a_writer_that_stands_still_dies_with_its_worker(
    make_fleet: Callable[..., Fleet],
) -> None:
    """Its transaction would keep its locks, and the next worker could not even begin."""
    with _sending(make_fleet) as (fleet, _run, worker, writer):
        _stop_amid_transaction(writer)
        worker.kill()
        try:
            fleet.wait_until(lambda: not is_running(writer), what="its end", seconds=5)
        finally:
            with suppress(ProcessLookupError):
                os.kill(writer, signal.SIGKILL)
        fleet.start_worker("a")


def test_a_worker_at_its_limit_of_files_goes_on_when_there_is_room(
    make_fleet: Callable[..., Fleet],
) -> None:
    with _sending(make_fleet) as (fleet, run, worker, first):
        limits = resource.prlimit(worker.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(worker.pid, resource.RLIMIT_NOFILE, (3, limits[1]))
        os.kill(first, signal.SIGKILL)
        time.sleep(0.5)
        resource.prlimit(worker.pid, resource.RLIMIT_NOFILE, limits)
        fleet.wait_until(lambda: is_over(run), what="the end of the run", seconds=120)
        assert worker.poll() is None, "the worker itself went on"


def test_a_worker_that_cannot_begin_ends(make_fleet: Callable[..., Fleet], tmp_path: Path) -> None:
    """It would take the wake-ups of its accounts and do nothing."""
    with GatewaySimulator(accounts=1, friends=1) as gateway:
        fleet = _begun(make_fleet, gateway)
        nowhere = "postgres://nobody@127.0.0.1:1/nothing"
        if connection.vendor == "sqlite":
            nowhere = f"sqlite:///{tmp_path / 'missing' / 'db.sqlite3'}"
        worker = fleet.start_worker("a", env={"DATABASE_URL": nowhere})
        assert worker.wait(60) == os.EX_SOFTWARE
