"""What the console's tests share: an operator's client, and no answer of an earlier test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client

from tests.console.making import make_operator


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """Panels are kept for seconds; the next test's world is another one."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def operator(db: None, client: Client) -> Client:
    """A client signed in as an operator who may do everything."""
    client.force_login(make_operator())
    return client
