"""Is the stack up? The web answers and the workers take work; nothing less is called ready."""

from __future__ import annotations

import http.client
from pathlib import Path
from urllib.parse import urlsplit

import redis
from django.conf import settings
from kombu.exceptions import OperationalError

from qqcampaign.beat import is_alive
from qqcampaign.celery import app

#: The file in which beat signs that it is alive.
BEAT_SIGN = "beat_schedule"


def web_answers(url: str) -> bool:
    """Return whether the console answers within two seconds: anything but a server error."""
    return 0 < _status(url, "/health/live") < 500


def console_is_ready(url: str) -> bool:
    """Return whether the console reaches its database and its Redis."""
    return _status(url, "/health/ready") == 200


def beat_ticks(home: Path) -> bool:
    """Return whether the beat that keeps its schedule in this folder is at work."""
    return is_alive(home / BEAT_SIGN)


def workers_answer(names: list[str], *, seconds: float = 0.5) -> bool:
    """Return whether these Celery workers (by node name) answer in time, and so take work."""
    try:
        answers = app.control.ping(destination=names, timeout=seconds, limit=len(names))
    except (OperationalError, redis.RedisError, OSError):
        return False
    return len(answers or []) >= len(names)


def _status(url: str, path: str) -> int:
    address = urlsplit(url)
    # The console answers only to the names it was given.
    host = next(
        (name for name in settings.ALLOWED_HOSTS if name[:1] not in {"*", "."}), "localhost"
    )
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": host})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
