"""What writes the batches of one ledger; here: in place, on the caller's thread."""

from __future__ import annotations

from typing import Protocol

from django.db import DatabaseError, InterfaceError, connection

from foundation.failures import is_shared_failure
from sending.ledger.batch import BatchWriter, Committed
from sending.ledger.entries import Batch

#: What a write may raise: the database's errors, and the driver's errors about a value.
_WRITE_ERRORS = (DatabaseError, InterfaceError, ValueError, OverflowError, TypeError)


class NotWrittenError(Exception):
    """A batch was not written, or it is not known whether it was.

    Args:
        is_shared: whether the database or the host failed, and not an entry. Then the same batch
            is tried again. It may have been committed already.
        kind: the type of the error.
        line: the first line of its message; empty unless it is shared, because the message then
            quotes values, and texts are private.
    """

    def __init__(self, is_shared: bool, kind: str, line: str = "") -> None:
        super().__init__(is_shared, kind, line)
        self.is_shared, self.kind, self.line = is_shared, kind, line


class Writer(Protocol):
    """Writes the batches of one ledger, one after the other.

    Attributes:
        is_beside: whether a batch that was begun is written while this process goes on.
    """

    is_beside: bool

    def begin(self, batch: Batch) -> None:
        """Begin to write one transaction; see `BatchWriter.commit`. It fails in `finish` only."""

    def finish(self) -> Committed:
        """Wait until the transaction that was begun is written.

        Raises:
            NotWrittenError: see there.
        """

    def close(self) -> None:
        """Close what it has open. Called once, after the last batch."""

    def abandon(self) -> None:
        """Have a `finish` that waits end soon without an answer, if that is possible."""


class WriterInPlace:
    """Writes batches on the caller's thread, on Django's connection.

    Args:
        worker_id: the worker's row.
    """

    is_beside = False

    def __init__(self, *, worker_id: int) -> None:
        self._batches = BatchWriter(worker_id=worker_id)
        self._batch: Batch

    @property
    def connection_options(self) -> str:
        """The options its connection needs (libpq's `options`)."""
        return self._batches.connection_options

    def begin(self, batch: Batch) -> None:
        """Note what is to be written."""
        self._batch = batch

    def finish(self) -> Committed:
        """Write the transaction. After a shared failure the next one gets a new connection."""
        try:
            settlements, requests, is_again = self._batch
            return self._batches.commit(settlements, requests, is_again=is_again)
        except _WRITE_ERRORS as problem:
            kind = type(problem).__name__
            if not is_shared_failure(problem):
                raise NotWrittenError(False, kind) from None
            connection.close()
            raise NotWrittenError(True, kind, str(problem).split("\n")[0]) from None

    def close(self) -> None:
        """Close the connection."""
        connection.close()

    def abandon(self) -> None:
        """Do nothing: a thread cannot be ended."""
