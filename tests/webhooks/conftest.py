"""Fixtures: a receiver, and no memory of endpoints of earlier tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.webhooks.receiver import Receiver, running_receiver
from webhooks.outbox.subscribers import forget_subscribers


@pytest.fixture(autouse=True)
def _no_memory() -> Iterator[None]:
    """Endpoints of another test are not known."""
    forget_subscribers()
    yield
    forget_subscribers()


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    """A real receiver on loopback, which webhooks may reach."""
    with running_receiver() as server:
        settings.WEBHOOK_ALLOW_PRIVATE = True
        yield server
