"""Two machines, or two containers, with one host name: neither may keep the other from working."""

from __future__ import annotations

import pytest

from accounts.leases.workers import prove_alive, register_worker
from accounts.models import Worker

pytestmark = pytest.mark.django_db


def announce(*, is_new_process: bool) -> Worker:
    return register_worker(
        egress_name="default",
        source_address=None,
        proxy=None,
        version="1",
        is_new_process=is_new_process,
    )


def test_a_worker_that_starts_over_does_not_end_its_namesake() -> None:
    """Both have process number 1 in their containers: each takes the other for gone."""
    first = announce(is_new_process=True)
    second = announce(is_new_process=True)
    assert not prove_alive(worker_id=first.pk), "the start of the second ends the first"
    first = announce(is_new_process=False)
    assert prove_alive(worker_id=second.pk)
    assert prove_alive(worker_id=first.pk)
