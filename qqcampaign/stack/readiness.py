"""Is the stack up? The web answers and the workers take work; nothing less is called ready."""

from __future__ import annotations

import http.client
import socket
from urllib.parse import urlsplit

import redis
from kombu.exceptions import OperationalError

from qqcampaign.celery import app


def web_answers(url: str) -> bool:
    """Return whether the console answers within two seconds: anything but a server error."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=2)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def listens(host: str, port: int) -> bool:
    """Return whether somebody accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def workers_answer(names: list[str]) -> bool:
    """Return whether these Celery workers (by node name) answer, and so take work, by now."""
    try:
        answers = app.control.ping(destination=names, timeout=0.5, limit=len(names))
    except (OperationalError, redis.RedisError, OSError):
        return False
    return len(answers or []) >= len(names)
