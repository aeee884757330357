"""Verbs for worker processes: announce, prove alive, presume dead, end."""

from __future__ import annotations

import os
import socket
from collections.abc import Collection

from django.db import transaction

from accounts.models import Egress, Lease, Worker
from clocks import shared
from foundation.sentences import Sentence as _


def register_worker(
    *,
    egress_name: str,
    source_address: str | None,
    proxy: str | None,
    version: str,
    is_new_process: bool = True,
) -> Worker:
    """Create this process's row, update its egress, and end the row of a dead predecessor.

    A row of the same host name whose process is gone ends at once, so a worker that was killed and
    restarted takes its accounts back without waiting to be presumed dead.

    Two machines may have the same host name: then the row that ends belongs to a living worker.
    That worker is fenced off and sends nothing; it starts over. It must not end rows in its turn,
    or the two would end each other for ever.

    Args:
        is_new_process: whether the process just started. False for a worker that starts over.
    """
    with transaction.atomic():
        egress, _is_new = Egress.objects.get_or_create(name=egress_name)
        said = {"source_address": source_address or "", "proxy": proxy or ""}
        if any(getattr(egress, column) != value for column, value in said.items()):
            Egress.objects.filter(pk=egress.pk).update(**said)
            egress.refresh_from_db()
        if is_new_process:
            _end_dead_predecessors(egress)
        return Worker.objects.create(
            egress=egress,
            hostname=socket.gethostname(),
            pid=os.getpid(),
            version=version,
            started_at=shared.wall(),
            heartbeat_at=shared.now(),
        )


def _end_dead_predecessors(egress: Egress) -> None:
    for row in Worker.objects.living().filter(egress=egress, hostname=socket.gethostname()):
        if not _is_running(row.pid):
            end_worker(worker_id=row.pk, reason=_("its process is gone"))


def prove_alive(*, worker_id: int) -> bool:
    """Write the heartbeat; return False when the worker has been ended (it is fenced off)."""
    return bool(Worker.objects.living().filter(pk=worker_id).update(heartbeat_at=shared.now()))


def end_worker(*, worker_id: int, reason: str) -> bool:
    """End a worker: from this commit on it can mark nothing, and its leases are free."""
    with transaction.atomic():
        is_ended = bool(
            Worker.objects.living()
            .filter(pk=worker_id)
            .update(ended_at=shared.wall(), end_reason=reason)
        )
        _forget_wakes(worker_ids=[worker_id])
    return is_ended


def presume_dead() -> int:
    """End the workers that have been silent for too long; return how many.

    A row that somebody holds is left for the next time: the transaction of one dead host, until
    the database ends it, must not hold up the accounts of another.
    """
    with transaction.atomic():
        silent = Worker.objects.silent().select_for_update(skip_locked=True)
        ids = list(silent.values_list("pk", flat=True))
        Worker.objects.filter(pk__in=ids).update(
            ended_at=shared.wall(), end_reason=_("silent for too long")
        )
        _forget_wakes(worker_ids=ids)
    return len(ids)


def _forget_wakes(*, worker_ids: Collection[int]) -> None:
    """Let the accounts that these workers should have served be woken again at once.

    A wake-up that went to a dead worker's queue would otherwise count as fresh for a while.
    """
    egresses = Egress.objects.filter(workers__in=list(worker_ids))
    Lease.objects.free().filter(egress__in=egresses).exclude(woken_at=None).update(woken_at=None)


def _is_running(pid: int) -> bool:
    if pid == os.getpid():
        return False  # our own number, from before this host or container started again
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
