"""This process's client of Redis.

Redis holds rate windows and wake-ups: nothing that cannot be made again.
"""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

#: Redis is on this host or near it: if an answer takes longer, Redis counts as away.
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


def answers() -> bool:
    """Return whether Redis answers; it has TIMEOUT_SECONDS for that."""
    try:
        return bool(live().ping())
    except RedisError:
        return False
