"""The limit of requests of a token.

It is counted in Redis, in windows of a minute. While Redis is away, each process counts for itself:
a limit protects the service, and an outage of Redis must not shut programs out of it.
"""

from __future__ import annotations

import threading
import time
from collections import Counter

from django.conf import settings
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from accounts.pacing.redis_client import live
from api.models import Token
from api.pipeline.problems import Problem

_WINDOW = 60
#: After Redis did not answer, it is asked again so much later, seconds.
_ASKED_AGAIN_AFTER = 5.0
_lock = threading.Lock()
_own: Counter[tuple[int, int]] = Counter()
_away_until = 0.0


def refuse_too_many(token: Token) -> None:
    """Count a request of a token.

    Raises:
        Problem: 429; it has asked more often in this minute than the setting allows.
    """
    most = settings.API_REQUESTS_PER_MINUTE
    if not most:
        return
    # No shared time is needed: windows of processes may differ by their clocks' difference.
    window, into = divmod(int(time.time()), _WINDOW)
    if _count(token.pk, window) > most:
        raise Problem(
            429,
            _("More than %(most)d requests a minute: wait, and ask again.") % {"most": most},
            code="too_many_requests",
            headers={"Retry-After": str(_WINDOW - into)},
        )


def _count(token: int, window: int) -> int:
    global _away_until
    if time.monotonic() >= _away_until:
        try:
            key = f"api:rate:{token}:{window}"
            pipeline = live().pipeline(transaction=False)
            pipeline.incr(key)
            pipeline.expire(key, 2 * _WINDOW)
            return int(pipeline.execute()[0])
        except (RedisError, OSError):
            _away_until = time.monotonic() + _ASKED_AGAIN_AFTER
    with _lock:
        for old in [key for key in _own if key[1] != window]:
            del _own[old]
        _own[token, window] += 1
        return _own[token, window]
