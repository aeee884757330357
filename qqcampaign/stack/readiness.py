"""Checks whether the processes of the stack work: the console, beat and the workers."""

from __future__ import annotations

import http.client
from pathlib import Path
from urllib.parse import urlsplit

import redis
from django.conf import settings
from kombu.exceptions import OperationalError

from qqcampaign.beat import is_alive
from qqcampaign.celery import app

#: Name of beat's heartbeat file.
BEAT_FILE = "beat_schedule"


def web_answers(url: str) -> bool:
    """Return whether the console answers within five seconds without a server error."""
    return 0 < _status(url, "/health/live") < 500


def console_is_ready(url: str) -> bool:
    """Return whether the console reaches the database and Redis."""
    return _status(url, "/health/ready") == 200


def beat_is_alive(home: Path) -> bool:
    """Return whether the beat with this home is alive."""
    return is_alive(home / BEAT_FILE)


def workers_answer(names: list[str], *, seconds: float = 0.5) -> bool:
    """Return whether all of these Celery workers (node names) answer a ping in time."""
    try:
        answers = app.control.ping(destination=names, timeout=seconds, limit=len(names))
    except (OperationalError, redis.RedisError, OSError):
        return False
    return len(answers or []) >= len(names)


def _status(url: str, path: str) -> int:
    address = urlsplit(url)
    # The console answers only to host names in ALLOWED_HOSTS.
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
