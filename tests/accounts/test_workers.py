"""Workers: their rows, their heartbeats, and who is presumed dead."""

from __future__ import annotations

import os
import socket
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.leases.workers import announce_worker, end_worker, presume_dead, prove_alive
from accounts.models import Egress, Lease, Worker
from accounts.querysets.worker import PRESUMED_DEAD_SECONDS
from tests.campaigns.factories import make_account

pytestmark = pytest.mark.django_db
#: Above the largest number a process can have.
NOBODY = 2**22 + 1


def announce(source_address: str | None = None) -> Worker:
    return announce_worker(
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
        (socket.gethostname(), os.getpid(), True),  # the number comes round again
        (socket.gethostname(), os.getppid(), False),
        ("another-host", NOBODY, False),
    ],
    # A number of this process in a name would give each process of the run other tests.
    ids=["nobody", "ourselves", "somebody", "another-host"],
)
def test_a_start_ends_what_a_predecessor_left_behind(
    hostname: str, pid: int, is_ended: bool
) -> None:
    left = a_row(hostname=hostname, pid=pid)
    announce()
    left.refresh_from_db()
    assert (left.ended_at is not None) is is_ended


def test_who_is_silent_for_too_long_is_presumed_dead() -> None:
    silent = a_row(hostname="a", pid=1, age=PRESUMED_DEAD_SECONDS + 1)
    alive = a_row(hostname="b", pid=2, age=PRESUMED_DEAD_SECONDS - 5)
    assert presume_dead() == 1
    assert presume_dead() == 0
    silent.refresh_from_db()
    assert silent.end_reason == "silent for too long"
    assert not prove_alive(worker_id=silent.pk)
    assert prove_alive(worker_id=alive.pk)


def test_an_end_comes_once_and_frees_what_it_held() -> None:
    account = make_account(20_001)
    worker = announce()
    Lease.objects.update(worker=worker, egress=worker.egress, woken_at=timezone.now())
    assert not Lease.objects.free().exists()
    assert end_worker(worker_id=worker.pk, reason="stopped")
    assert not end_worker(worker_id=worker.pk, reason="again")
    assert Lease.objects.free().get().account == account
    assert Lease.objects.get().woken_at is None  # to be woken again at once


def test_a_worker_brings_its_egress_up_to_date() -> None:
    announce()
    assert announce("10.0.0.7").egress.source_address == "10.0.0.7"
    assert Egress.objects.count() == 1
