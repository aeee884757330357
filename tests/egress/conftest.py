"""A fixture that creates a fleet on the database type of this test run."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.egress.another_database import another_database
from tests.egress.fleet import Fleet
from tests.migrated_database import MigratedDatabase


@pytest.fixture
def make_fleet(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    clean_redis: Any,
    redis_server: str,
    django_db_blocker: Any,
) -> Iterator[Callable[..., Fleet]]:
    """Return a function that creates a fleet, `make_fleet(gateway.url)`, with beat running."""
    with contextlib.ExitStack() as running:
        running.enter_context(django_db_blocker.unblock())

        def make(gateway_url: str, **env: str) -> Fleet:
            if "postgres" in os.environ.get("DATABASE_URL", ""):
                url = request.getfixturevalue("migrated_postgresql_url")
            else:
                copy: MigratedDatabase = request.getfixturevalue("migrated_database")
                copy.copy_to(tmp_path / "fleet.sqlite3")
                url = f"sqlite:///{tmp_path / 'fleet.sqlite3'}"
            running.enter_context(another_database(url))
            fleet = Fleet(
                tmp_path, database_url=url, redis_url=redis_server, gateway_url=gateway_url, **env
            )
            running.callback(fleet.end_at_once)
            fleet.start_clock()
            return fleet

        yield make
