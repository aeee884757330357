"""The permit to change or delete entries: for pruning by age, and for erasing a person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from audit.models import AuditPermit


@contextmanager
def permitted(*, purpose: str) -> Iterator[None]:
    """Open a transaction in which entries may be changed and deleted.

    The permit is removed before the commit, so it is never seen outside this transaction.

    Args:
        purpose: why, in a word, for who reads the transaction in the database's log.
    """
    with transaction.atomic():
        permit = AuditPermit.objects.create(purpose=purpose)
        yield
        permit.delete()
