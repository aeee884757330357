"""Wake-ups while Redis does not answer: an operator's act does not wait for each of them."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from threading import Thread

import pytest
from celery import current_app

from accounts import wake_ups
from clocks import local

pytestmark = pytest.mark.timeout(60)


class SilentRedis:
    """A server that accepts connections and says nothing, like a Redis that is frozen."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.connections: list[socket.socket] = []
        self.url = f"redis://127.0.0.1:{self.listener.getsockname()[1]}/0"
        self.thread = Thread(target=self._accept)
        self.thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self.connections.append(self.listener.accept()[0])

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()
        for connection in self.connections:
            connection.close()


@pytest.fixture
def silent_redis(monkeypatch: pytest.MonkeyPatch) -> Iterator[SilentRedis]:
    server = SilentRedis()
    monkeypatch.setattr(current_app.conf, "broker_write_url", server.url)
    monkeypatch.setattr(wake_ups, "_silent_until", 0.0)
    # The real patience, but less of it.
    monkeypatch.setitem(wake_ups.IMPATIENT, "socket_timeout", 0.05)
    yield server
    server.close()


def test_who_got_no_answer_asks_once_and_not_for_each_worker(
    silent_redis: SilentRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert wake_ups.publish("sending.tasks.run_lane", "egress.a", [(1, 0.0)]) == 0
    asked = len(silent_redis.connections)
    assert asked == 1
    assert wake_ups.publish("sending.tasks.run_lane", "egress.b", [(1, 0.0)]) == 0
    assert len(silent_redis.connections) == asked
    later = local.elapsed() + wake_ups.PAUSE_SECONDS
    monkeypatch.setattr(local, "elapsed", lambda: later)
    assert wake_ups.publish("sending.tasks.run_lane", "egress.b", [(1, 0.0)]) == 0
    assert len(silent_redis.connections) > asked
