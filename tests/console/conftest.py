"""Fixtures of the console's tests: an operator's client, and an empty cache."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from tests.console.sample_data import make_operator


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """Empty the cache, which keeps figures for seconds, before and after each test."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def operator(db: None, client: Client) -> Client:
    """A client that is logged in as a superuser.

    It has made a request: the first one of a session notes its beginning, and whether a second
    factor is needed, which is not what tests count.
    """
    client.force_login(make_operator())
    client.get(reverse("admin:jsi18n"))
    return client
