"""Workers, leases and settlements for the tests of fencing."""

from __future__ import annotations

from django.utils import timezone

from accounts.leases.leases import Grant
from accounts.leases.take_leases import take_lease
from accounts.leases.workers import register_worker
from accounts.models import Account, Worker
from sending.ledger.entries import Settlement
from sending.models import Delivery


def a_worker() -> Worker:
    """Register a worker and return its row."""
    return register_worker(egress_name="default", source_address=None, proxy=None, version="test")


def taken(account: Account, worker: Worker) -> Grant:
    """Take the lease of an account for a worker."""
    grant = take_lease(account_id=account.pk, worker_id=worker.pk, egress_id=worker.egress_id)
    assert grant is not None
    return grant


def settlement(delivery: Delivery, *, to: str, res: str, seq: int = 7) -> Settlement:
    """Return the settlement of a delivery's attempt."""
    assert delivery.account_id is not None
    return Settlement(
        delivery.pk,
        delivery.account_id,
        seq,
        to,
        "",
        res,
        timezone.now(),
        timezone.now(),
        None,
        is_ended=True,
    )
