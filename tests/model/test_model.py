"""Some short histories of the engine in virtual time. `make torture` runs thousands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from hypothesis.stateful import run_state_machine_as_test

from tests.model.machine import EngineMachine, profile

HISTORIES = 40


@pytest.fixture
def model_database(django_db_blocker: Any, settings: Any) -> Iterator[None]:
    """Let the model use a database of its own, in memory."""
    if connection.vendor != "sqlite":
        pytest.skip("the model has the engine's SQL for SQLite")
    settings.QQ_INBOX = False
    with django_db_blocker.unblock():
        yield


@pytest.mark.timeout(600)
def test_whatever_happens_in_any_order(model_database: None) -> None:
    run_state_machine_as_test(EngineMachine, settings=profile(histories=HISTORIES, steps=8))
