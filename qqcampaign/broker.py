"""The transport between Celery and Redis: what a wake-up costs a worker.

Kombu keeps each message in two more keys of Redis until it is acknowledged, so that a message of a
worker that died is delivered again an hour later. A wake-up of a lane is needless by then: the
reconciler wakes every account that has work and no lane. See
docs/decisions/0080-a-wake-up-is-read-cheaply.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kombu.transport import redis, virtual

#: How the name of each queue of lanes begins: `Egress.queue`.
LANES_QUEUES = "egress."


#: Where messages are kept: kombu's classes, whose methods have no types.
_IN_THE_PROCESS: Any = virtual.QoS
_IN_REDIS: Any = redis.QoS


class QoS(redis.QoS):
    """Keeps the messages of lanes' queues in the process alone until they are acknowledged."""

    def append(self, message: Any, delivery_tag: str) -> None:
        """Keep a message that was received."""
        place = _IN_THE_PROCESS if _is_for_lanes(message) else _IN_REDIS
        place.append(self, message, delivery_tag)

    def ack(self, delivery_tag: str) -> None:
        """Forget a message that was taken."""
        message = self._delivered.get(delivery_tag)
        place = _IN_THE_PROCESS if _is_for_lanes(message) else _IN_REDIS
        place.ack(self, delivery_tag)


def _is_for_lanes(message: Any) -> bool:
    return message is not None and message.delivery_info["routing_key"].startswith(LANES_QUEUES)


class Channel(redis.Channel):
    """A channel that keeps one client for its commands; kombu makes one for each command."""

    QoS = QoS
    _commands: Any = None

    @contextmanager
    def conn_or_acquire(self, client: Any = None) -> Iterator[Any]:
        """Yield the client, or the one that this channel keeps."""
        if client is None:
            if self._commands is None or self._commands.connection_pool is not self.pool:
                create: Any = self._create_client
                self._commands = create()  # the first one, or after a disconnection
            client = self._commands
        yield client


class Transport(redis.Transport):
    """The transport of all our processes."""

    Channel = Channel
