"""The Celery connection limits how long a worker waits for messages."""

from __future__ import annotations

import pytest

from qqcampaign.celery import RetryingConnection, app, listen_in_short_stretches

QUEUE = "test.listening"


@pytest.mark.timeout(30)
def test_a_worker_looks_up_long_before_its_wait_is_over(
    redis_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RetryingConnection, "longest_listening", None)
    listen_in_short_stretches()
    with app.connection_for_read() as connection, connection.SimpleQueue(QUEUE) as queue:
        queue.consumer.consume()
        with pytest.raises(TimeoutError):
            connection.drain_events(timeout=600)
        queue.put("wake up")
        connection.drain_events(timeout=600)
        assert queue.get(timeout=5).payload == "wake up"


def test_who_waits_for_an_answer_may_wait() -> None:
    assert RetryingConnection.longest_listening is None
