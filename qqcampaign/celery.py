"""The Celery application: wake-ups and ticks only; the database owns the work (rule 1)."""

import os
from typing import Any

from celery import Celery, signals
from kombu.connection import Connection

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qqcampaign.settings")

#: How long to wait at most between two tries to reach Redis, seconds.
LONGEST_PAUSE = 2.0


#: How long a worker listens to Redis at a stretch, seconds.
LONGEST_LISTENING = 0.5


class RetryingConnection(Connection):
    """Tries at a steady pace: by default a worker that was cut off would look every 30 seconds.

    Attributes:
        longest_listening: how long `drain_events` waits at most, seconds; None where it may wait
            for an answer.
    """

    longest_listening: float | None = None

    def drain_events(self, **kwargs: Any) -> Any:
        """Wait for what comes, in a worker not for long: it sees only in between that it is to end.

        Celery waits 2 seconds for wake-ups and then as long for what is broadcast, so that an idle
        worker took up to 5 seconds to stop.
        """
        if self.longest_listening is not None and kwargs.get("timeout") is not None:
            kwargs["timeout"] = min(kwargs["timeout"], self.longest_listening)
        listen: Any = super().drain_events
        return listen(**kwargs)

    def ensure_connection(self, *args: Any, **kwargs: Any) -> Any:
        """Connect, however often it takes."""
        kwargs = {"interval_start": 1.0, "interval_max": LONGEST_PAUSE, **kwargs}
        connect: Any = super().ensure_connection
        return connect(*args, **kwargs)


app = Celery("qqcampaign")
app.amqp.Connection = RetryingConnection
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.worker_init.connect
def listen_in_short_stretches(**_kwargs: Any) -> None:
    """In a worker nobody waits for an answer: it only listens."""
    RetryingConnection.longest_listening = LONGEST_LISTENING
