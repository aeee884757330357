"""The fixture of the model tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection


@pytest.fixture
def model_database(django_db_blocker: Any, settings: Any) -> Iterator[None]:
    """Allow the model's own database, in memory; skip the test on PostgreSQL."""
    if connection.vendor != "sqlite":
        pytest.skip("the model runs the engine's SQL for SQLite")
    settings.QQ_INBOX = False
    with django_db_blocker.unblock():
        yield
