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
from tests.egress.another_database import another_database

pytestmark = [pytest.mark.postgresql, pytest.mark.one_database]


@pytest.fixture
def database(postgresql_url: str, django_db_blocker: Any) -> Iterator[str]:
    """An empty PostgreSQL database that this process uses."""
    with django_db_blocker.unblock(), another_database(postgresql_url):
        yield postgresql_url


@pytest.mark.exhaustive
def test_a_dead_hosts_transaction_holds_up_nobody_for_long(database: str) -> None:
    long_ago = timezone.now() - timedelta(minutes=1)
    egress = Egress.objects.create(name="e")
    held, free = (
        Worker.objects.create(
            egress=egress, hostname=name, pid=1, version="1", started_at=long_ago,
            heartbeat_at=long_ago,
        )
        for name in ("held", "free")
    )  # fmt: skip
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
