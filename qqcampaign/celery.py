"""The Celery application: it carries wake-ups and periodic tasks, the database owns the work."""

import os
from typing import Any

from celery import Celery, signals
from kombu.connection import Connection
from kombu.transport import redis

from qqcampaign import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qqcampaign.settings")

#: Longest pause between two attempts to reach Redis, seconds.
LONGEST_PAUSE = 2.0
#: Longest time that a worker waits for messages in one call, seconds.
LONGEST_LISTENING = 0.5


class RetryingConnection(Connection):
    """A connection that retries every 2 seconds at most; by default a worker would wait 30.

    Attributes:
        longest_listening: limit for the timeout of `drain_events`, seconds. None means no limit,
            for processes that wait for an answer.
    """

    longest_listening: float | None = None

    def drain_events(self, **kwargs: Any) -> Any:
        """Wait for messages, at most `longest_listening` seconds.

        A worker checks only between two calls whether it has to stop. Celery waits 2 seconds for
        tasks and then as long for broadcasts, so an idle worker took up to 5 seconds to stop.
        """
        if self.longest_listening is not None and kwargs.get("timeout") is not None:
            kwargs["timeout"] = min(kwargs["timeout"], self.longest_listening)
        listen: Any = super().drain_events
        return listen(**kwargs)

    def get_transport_cls(self) -> Any:
        """Return the class of the transport: ours for Redis."""
        find: Any = super().get_transport_cls
        given = find()
        return broker.Transport if given is redis.Transport else given

    def ensure_connection(self, *args: Any, **kwargs: Any) -> Any:
        """Connect; retry without a limit."""
        kwargs = {"interval_start": 1.0, "interval_max": LONGEST_PAUSE, **kwargs}
        connect: Any = super().ensure_connection
        return connect(*args, **kwargs)


app = Celery("qqcampaign")
app.amqp.Connection = RetryingConnection
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.worker_init.connect
def listen_in_short_stretches(**_kwargs: Any) -> None:
    """Limit how long a worker process waits for messages: it never waits for an answer."""
    RetryingConnection.longest_listening = LONGEST_LISTENING
