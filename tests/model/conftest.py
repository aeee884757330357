"""What the model's tests share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection


@pytest.fixture
def model_database(django_db_blocker: Any, settings: Any) -> Iterator[None]:
    """Let the model use a database of its own, in memory."""
    if connection.vendor != "sqlite":
        pytest.skip("the model has the engine's SQL for SQLite")
    settings.QQ_INBOX = False
    with django_db_blocker.unblock():
        yield
