"""Publishes the baseline's tasks and runs its worker."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

from django.conf import settings

from benchmarks.baseline_task.app import app
from benchmarks.processes import running
from sending.models import Delivery

QUEUE = "baseline"


def publish(*, run_id: int, limit: int) -> int:
    """Publish one task per delivery over one connection; return how many."""
    ids = Delivery.objects.filter(run_id=run_id, state="pending").order_by("id")[:limit]
    published = 0
    with app.connection_for_write() as connection:
        producer = app.amqp.Producer(connection)
        for delivery_id in ids.values_list("pk", flat=True):
            app.send_task("baseline.send", args=[delivery_id], queue=QUEUE, producer=producer)
            published += 1
    return published


@contextlib.contextmanager
def baseline_worker(*, gateway: str, concurrency: int) -> Iterator[int]:
    """Run the baseline's worker; yield its pid."""
    argv = (
        *(sys.executable, "-m", "celery", "-A", "benchmarks.baseline_task.app", "worker"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING"),
        *("--pool", "gevent", "--concurrency", str(concurrency), "-Q", QUEUE, "-n", "baseline@b"),
    )
    log = settings.QQCAMPAIGN_HOME / "baseline.log"
    with running(argv, environment={"QQ_GATEWAY_URL": gateway}, log=log) as pid:
        yield pid
