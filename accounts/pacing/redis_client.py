"""The connection to Redis: pace and live figures. Nothing that is owed to anybody is there."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from redis import Redis

#: Redis is on this host or next door: one that takes longer is away.
TIMEOUT_SECONDS = 2.0


@lru_cache(maxsize=1)
def live() -> Redis:
    """Return this process's Redis client; it connects at its first use."""
    return Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        decode_responses=True,
    )
