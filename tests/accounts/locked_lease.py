"""A lease whose row another transaction has locked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from accounts.models import Account, Lease


@contextmanager
def locked_lease(account: Account) -> Iterator[threading.Thread]:
    """Lock an account's lease on another thread while the context is open; yield the thread."""
    is_locked, may_end = threading.Event(), threading.Event()

    def lock() -> None:
        try:
            with transaction.atomic():
                Lease.objects.select_for_update().get(account=account)
                is_locked.set()
                may_end.wait(20)
        finally:
            connection.close()

    locker = threading.Thread(target=lock)
    locker.start()
    try:
        assert is_locked.wait(10)
        yield locker
    finally:
        may_end.set()
        locker.join(20)
