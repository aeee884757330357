"""Register worker processes, prove them alive, presume them dead, and end them."""

from __future__ import annotations

import os
import socket
from collections.abc import Collection

from django.db import transaction

from accounts.models import Egress, Lease, Worker
from accounts.querysets.worker import end_awaited_ledgers
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

    A row of the same host name whose process is gone is ended at once. So a worker that was killed
    and restarted takes its accounts back without waiting until its old row is presumed dead.

    If two machines have the same host name, this may end the row of a living worker. That worker is
    fenced off, sends nothing and starts over. It must not end rows in turn, or the two would end
    each other for ever.

    Args:
        egress_name: the egress; created if missing.
        source_address, proxy: how the egress is reached; stored with it.
        version: of the code.
        is_new_process: whether the process just started; False for a worker that starts over.
    """
    with transaction.atomic():
        egress, _is_new = Egress.objects.get_or_create_named(egress_name)
        address = {"source_address": source_address or "", "proxy": proxy or ""}
        if any(getattr(egress, column) != value for column, value in address.items()):
            Egress.objects.filter(pk=egress.pk).update(**address)
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
    """Write the heartbeat; return False if the worker has been ended (it is fenced off)."""
    return bool(Worker.objects.living().filter(pk=worker_id).update(heartbeat_at=shared.now()))


def end_worker(*, worker_id: int, reason: str) -> bool:
    """End a worker and free its leases, so that it marks nothing; return whether it was alive."""
    with transaction.atomic():
        is_ended = bool(
            Worker.objects.living()
            .filter(pk=worker_id)
            .update(ended_at=shared.wall(), end_reason=reason)
        )
        _forget_wakes(worker_ids=[worker_id])
    return is_ended


def presume_dead() -> int:
    """End the workers whose last heartbeat is too old; return how many.

    Locked rows are skipped until the next call: a transaction left by one dead host must not block
    the accounts of another host. If it waits for its host, it is ended here. One that waits for a
    lock keeps its worker alive, whose heartbeat waits for it.
    """
    silent_ids = list(Worker.objects.silent().values_list("pk", flat=True))
    if not silent_ids:
        return 0
    end_awaited_ledgers(worker_ids=silent_ids)
    with transaction.atomic():
        silent = Worker.objects.silent().select_for_update(skip_locked=True)
        ids = list(silent.values_list("pk", flat=True))
        Worker.objects.filter(pk__in=ids).update(
            ended_at=shared.wall(), end_reason=_("no heartbeat for too long")
        )
        _forget_wakes(worker_ids=ids)
    return len(ids)


def _forget_wakes(*, worker_ids: Collection[int]) -> None:
    """Allow new wake-ups for the accounts of these workers at once.

    Otherwise a wake-up in a dead worker's queue would count as fresh for a while.
    """
    egresses = Egress.objects.filter(workers__in=list(worker_ids))
    Lease.objects.free().filter(egress__in=egresses).exclude(woken_at=None).update(woken_at=None)


def _is_running(pid: int) -> bool:
    if pid == os.getpid():
        return False  # our own number: the row is from before this host or container restarted
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
