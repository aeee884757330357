"""The console works while Redis is stopped: its pages need only the database."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.pacing.redis_client import live
from campaigns.models import Campaign
from qqcampaign.stack.redis_server import answers
from tests.console.sample_data import make_world
from tests.servers import running_redis


@pytest.fixture
def stopped_redis(settings: Any) -> Iterator[str]:
    """The URL of a Redis that answered and has been killed; the settings name it."""
    with tempfile.TemporaryDirectory(prefix="qqredis-") as folder:
        with running_redis(Path(folder) / "redis.sock") as url:
            assert answers(url)
        settings.REDIS_URL = url
        live.cache_clear()
        yield url
        live.cache_clear()


def test_pages_with_cached_figures_answer(operator: Client, stopped_redis: str) -> None:
    make_world()
    campaign = Campaign.objects.get()
    assert not answers(stopped_redis)
    for address in [
        "/",
        "/overview/live/",
        f"/campaigns/campaign/{campaign.pk}/page/",
        f"/campaigns/campaign/{campaign.pk}/live/",
    ]:
        assert operator.get(address).status_code == 200, address
    assert operator.get("/health/ready").json() == {"database": "ok", "redis": "unreachable"}


def test_figures_are_cached_without_redis(operator: Client, stopped_redis: str) -> None:
    make_world()
    operator.get("/overview/live/")
    with CaptureQueriesContext(connection) as cached:
        operator.get("/overview/live/")
    cache.clear()
    with CaptureQueriesContext(connection) as computed:
        operator.get("/overview/live/")
    assert _reads_attempts_by_minute(computed) == 1
    assert _reads_attempts_by_minute(cached) == 0


def _reads_attempts_by_minute(queries: CaptureQueriesContext) -> int:
    return sum('AS "minute"' in query["sql"] for query in queries)


def test_readiness_follows_redis(client: Client, db: None, settings: Any) -> None:
    with tempfile.TemporaryDirectory(prefix="qqredis-") as folder:
        socket = Path(folder) / "redis.sock"
        settings.REDIS_URL = f"unix://{socket}"
        live.cache_clear()
        statuses = []
        for _start in range(2):
            with running_redis(socket):
                statuses.append(client.get("/health/ready").status_code)
            statuses.append(client.get("/health/ready").status_code)
        live.cache_clear()
    assert statuses == [200, 503, 200, 503]
