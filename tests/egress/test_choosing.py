"""The choice of an account's egress: pinned, else the last one, else the least used one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.leases.workers import end_worker, presume_dead
from accounts.models import Account, Egress, Lease, Session, Worker
from sending.wake_ups.wake import refuse_wake, wake_lanes
from tests.campaigns.factories import make_account

pytestmark = pytest.mark.django_db


def make_worker(name: str, *, is_living: bool = True) -> Worker:
    egress, _ = Egress.objects.get_or_create(name=name)
    now = timezone.now()
    return Worker.objects.create(
        egress=egress, hostname=name, pid=1, version="1", started_at=now, heartbeat_at=now,
        ended_at=None if is_living else now,
    )  # fmt: skip


def bind(account: Account, name: str | None, *, session: str = "", age: float = 0.0) -> None:
    """Create a session of an account at an egress, last used `age` seconds ago."""
    egress = Egress.objects.filter(name=name).first()
    Lease.objects.filter(account=account).update(egress=egress)
    if session:
        used_at = timezone.now() - timedelta(seconds=age)
        Session.objects.create(
            account=account, egress=Egress.objects.get(name=session), opened_at=used_at,
            last_used_at=used_at,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("pinned", "bound", "session", "age", "goes_to"),
    [
        pytest.param(None, None, "", 0, "idle", id="new: where the fewest are"),
        pytest.param("busy", None, "", 0, "busy", id="pinned: there, however many are"),
        pytest.param("busy", "idle", "idle", 0, "busy", id="pinned anew: there"),
        pytest.param(None, "busy", "busy", 0, "busy", id="known there: it stays"),
        pytest.param(None, "busy", "", 0, "idle", id="not logged in: where the fewest are"),
        pytest.param(None, "busy", "busy", 400, "idle", id="its session is over: the same"),
        pytest.param(None, "dead", "dead", 0, "idle", id="known where no worker is: elsewhere"),
        pytest.param("dead", "dead", "dead", 0, "", id="pinned where no worker is: it waits"),
        pytest.param(None, "off", "off", 0, "idle", id="known where none may be: elsewhere"),
    ],
)
def test_where_an_account_goes(
    pinned: str | None, bound: str | None, session: str, age: float, goes_to: str, clean_redis: Any
) -> None:
    for name in ("busy", "idle", "off"):
        make_worker(name)
    make_worker("dead", is_living=False)
    Egress.objects.filter(name="off").update(is_enabled=False)
    for uin in range(30_001, 30_004):
        bind(make_account(uin), "busy", session="busy")
    account = make_account(20_001, egress=Egress.objects.get(name=pinned) if pinned else None)
    bind(account, bound, session=session, age=age)

    woken = wake_lanes(account_ids=[account.pk])

    queues = {name: clean_redis.llen(f"egress.{name}") for name in ("busy", "idle", "dead", "off")}
    assert {name for name, length in queues.items() if length} == ({goes_to} if goes_to else set())
    assert woken == bool(goes_to)
    if goes_to:
        lease = Lease.objects.get(account=account)
        assert lease.egress is not None
        assert lease.egress.name == goes_to


def test_accounts_that_have_to_log_in_are_spread(clean_redis: Any) -> None:
    make_worker("a")
    make_worker("b")
    ids = [make_account(20_000 + number).pk for number in range(1, 11)]
    wake_lanes(account_ids=ids)
    assert [clean_redis.llen(f"egress.{name}") for name in "ab"] == [5, 5]
    where = dict(Lease.objects.values_list("account_id", "egress_id"))
    wake_lanes(account_ids=ids)
    assert dict(Lease.objects.values_list("account_id", "egress_id")) == where, "and stay there"


@pytest.mark.parametrize("how", ["ended", "presumed dead", "refused"])
def test_a_wake_up_that_was_lost_with_its_worker_is_forgotten(how: str, clean_redis: Any) -> None:
    worker, account = make_worker("a"), make_account()
    wake_lanes(account_ids=[account.pk])
    assert Lease.objects.get(account=account).woken_at is not None
    if how == "ended":
        assert end_worker(worker_id=worker.pk, reason="test")
    elif how == "presumed dead":
        long_ago = timezone.now() - timedelta(minutes=1)
        Worker.objects.update(heartbeat_at=long_ago)
        assert presume_dead() == 1
    else:
        refuse_wake(account_id=account.pk)
    assert Lease.objects.get(account=account).woken_at is None
