"""Workers: their rows, their heartbeats, and when they are presumed dead."""

from __future__ import annotations

import os
import socket
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.leases.workers import end_worker, presume_dead, prove_alive, register_worker
from accounts.models import Egress, Lease, Worker
from accounts.querysets.worker import PRESUMED_DEAD_SECONDS
from tests.campaigns.factories import make_account

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
#: Above the largest possible process id.
NOBODY = 2**22 + 1


def announce(source_address: str | None = None) -> Worker:
    return register_worker(
        egress_name="default", source_address=source_address, proxy=None, version="1"
    )


def a_row(*, hostname: str, pid: int, age: float = 0.0) -> Worker:
    then = timezone.now() - timedelta(seconds=age)
    egress, _ = Egress.objects.get_or_create(name="default")
    return Worker.objects.create(
        egress=egress, hostname=hostname, pid=pid, version="1", started_at=then, heartbeat_at=then
    )


@pytest.mark.parametrize(
    ("hostname", "pid", "is_ended"),
    [
        (socket.gethostname(), NOBODY, True),
        (socket.gethostname(), os.getpid(), True),  # process ids are reused
        (socket.gethostname(), os.getppid(), False),
        ("another-host", NOBODY, False),
    ],
    # With a process id in its name, a test would have another name in each process of the run.
    ids=["nobody", "ourselves", "somebody", "another-host"],
)
def test_a_start_ends_the_row_of_a_dead_predecessor(
    hostname: str, pid: int, is_ended: bool
) -> None:
    left = a_row(hostname=hostname, pid=pid)
    announce()
    left.refresh_from_db()
    assert (left.ended_at is not None) is is_ended


def test_a_worker_that_is_silent_for_too_long_is_presumed_dead() -> None:
    silent = a_row(hostname="a", pid=1, age=PRESUMED_DEAD_SECONDS + 1)
    alive = a_row(hostname="b", pid=2, age=PRESUMED_DEAD_SECONDS - 5)
    assert presume_dead() == 1
    assert presume_dead() == 0
    silent.refresh_from_db()
    assert silent.end_reason == "no heartbeat for too long"
    assert not prove_alive(worker_id=silent.pk)
    assert prove_alive(worker_id=alive.pk)


def test_a_worker_ends_once_and_its_leases_become_free() -> None:
    account = make_account(20_001)
    worker = announce()
    Lease.objects.update(worker=worker, egress=worker.egress, woken_at=timezone.now())
    assert not Lease.objects.free().exists()
    assert end_worker(worker_id=worker.pk, reason="stopped")
    assert not end_worker(worker_id=worker.pk, reason="again")
    assert Lease.objects.free().get().account == account
    assert Lease.objects.get().woken_at is None  # to be woken again at once


def test_a_worker_updates_its_egress() -> None:
    announce()
    assert announce("10.0.0.7").egress.source_address == "10.0.0.7"
    assert Egress.objects.count() == 1
