"""The server ends the transaction of a lost host, and other hosts wait only until then."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.utils import timezone

from accounts.leases.workers import presume_dead
from accounts.models import Egress, Worker
from accounts.querysets.worker import ledger_session
from tests.egress.another_database import another_database

pytestmark = [pytest.mark.postgresql, pytest.mark.one_database]


@pytest.fixture
def database(postgresql_url: str, django_db_blocker: Any) -> Iterator[str]:
    """An empty PostgreSQL database that this process uses."""
    with django_db_blocker.unblock(), another_database(postgresql_url):
        yield postgresql_url


def _a_silent_worker(name: str) -> Worker:
    long_ago = timezone.now() - timedelta(minutes=1)
    egress, _is_new = Egress.objects.get_or_create(name="e")
    return Worker.objects.create(
        egress=egress, hostname=name, pid=1, version="1", started_at=long_ago, heartbeat_at=long_ago
    )


def test_a_host_that_stands_still_amid_a_round_trip_holds_up_nobody(database: str) -> None:
    """Half of a pipeline has come: to the server that is no idle transaction."""
    held = _a_silent_worker("held")
    limits: dict[str, Any] = {
        **settings.POSTGRESQL_TIMEOUTS,
        "application_name": ledger_session(held.pk),
    }
    with psycopg.connect(database, **limits) as still:
        still.pgconn.enter_pipeline_mode()
        for statement in ("BEGIN", f"SELECT 1 FROM accounts_worker WHERE id = {held.pk} FOR SHARE"):
            still.pgconn.send_query_params(statement.encode(), [])
        still.pgconn.send_flush_request()
        still.pgconn.flush()
        time.sleep(0.5)
        deadline = time.monotonic() + 30  # longer than a transaction may idle
        presumed = presume_dead()
        while not presumed:
            assert time.monotonic() < deadline, "its lock is held for ever"
            time.sleep(0.1)
            presumed = presume_dead()
        still.close()
    held.refresh_from_db()
    assert held.ended_at is not None


@pytest.mark.exhaustive
def test_a_dead_hosts_transaction_holds_up_nobody_for_long(database: str) -> None:
    held, free = _a_silent_worker("held"), _a_silent_worker("free")
    # A connection of this process stands for the ledger of a host that vanishes during a commit.
    limits: dict[str, Any] = settings.POSTGRESQL_TIMEOUTS
    with psycopg.connect(database, **limits) as vanished:
        vanished.execute("SELECT 1 FROM accounts_worker WHERE id = %s FOR SHARE", [held.pk])

        assert presume_dead() == 1, "the other host is presumed dead at once"
        free.refresh_from_db()
        assert free.ended_at is not None

        deadline = time.monotonic() + 30
        while not presume_dead():
            assert time.monotonic() < deadline, "the server never ended the transaction"
            time.sleep(0.1)
        held.refresh_from_db()
        assert held.ended_at is not None
        with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
            vanished.execute("SELECT 1")
