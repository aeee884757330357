"""The Celery application: wake-ups and ticks only; the database owns the work (rule 1)."""

import os
from typing import Any

from celery import Celery
from kombu.connection import Connection

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qqcampaign.settings")

#: How long to wait at most between two tries to reach Redis, seconds.
LONGEST_PAUSE = 2.0


class SteadyConnection(Connection):
    """Tries at a steady pace: by default a worker that was cut off would look every 30 seconds."""

    def ensure_connection(self, *args: Any, **kwargs: Any) -> Any:
        """Connect, however often it takes."""
        kwargs = {"interval_start": 1.0, "interval_max": LONGEST_PAUSE, **kwargs}
        connect: Any = super().ensure_connection
        return connect(*args, **kwargs)


app = Celery("qqcampaign")
app.amqp.Connection = SteadyConnection
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
