"""Our transport keeps wake-ups of lanes out of Redis once a worker has them, and one client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from accounts.wake_ups import publish
from qqcampaign.celery import app

UNACKED = ("unacked", "unacked_index")


@contextmanager
def _received(queue: str) -> Iterator[Any]:
    """Publish a message, and yield it as a worker receives it."""
    publish("sending.tasks.run_lane", queue, [(1, 0.0)])
    received: list[Any] = []
    with app.connection_for_read() as connection:
        consumer = app.amqp.TaskConsumer(connection, queues=[app.amqp.queues[queue]])
        consumer.on_message = received.append
        consumer.qos(prefetch_count=2)
        consumer.consume()
        while not received:
            try:
                connection.drain_events(timeout=5)
            except TimeoutError:
                continue
        yield received[0]


def test_a_wake_up_that_a_worker_has_is_not_in_redis(clean_redis: Any) -> None:
    with _received("egress.test") as message:
        assert not clean_redis.exists(*UNACKED)
        message.ack()
    assert not clean_redis.keys("egress.test")


def test_a_worker_takes_no_more_wake_ups_than_it_may_hold(clean_redis: Any) -> None:
    with _received("egress.test") as message:
        qos = message.channel.qos
        assert qos.can_consume()
        qos.prefetch_count = 1
        assert not qos.can_consume()
        message.ack()
        assert qos.can_consume()


def test_a_job_is_kept_until_it_is_acknowledged(clean_redis: Any) -> None:
    with _received("jobs") as message:
        assert clean_redis.exists(*UNACKED) == len(UNACKED)
        message.ack()
        assert not clean_redis.exists(*UNACKED)


def test_a_channel_keeps_its_client_until_it_is_disconnected(clean_redis: Any) -> None:
    with app.connection_for_read() as connection:
        channel = connection.default_channel
        with channel.conn_or_acquire() as first, channel.conn_or_acquire() as second:
            assert first is second
        channel._disconnect_pools()
        with channel.conn_or_acquire() as third:
            assert third is not first
            assert third.ping()
