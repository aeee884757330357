"""The process that writes a worker's batches, as the worker sees it.

Lanes are greenlets: one interpreter runs them all. A transaction in the same process competes with
them for the interpreter, also on a thread of its own: each of its steps waits until a lane lets go,
and a batch of two entries took as long as one of a hundred. In a process of its own the batch is
written on another core while the lanes run (docs/decisions/0087).

If it dies, its answer is lost and its transaction may have been committed. That is what happens
when the database dies, and the ledger treats it the same: it writes the batch again.
"""

from __future__ import annotations

import socket
import subprocess
from contextlib import suppress

from foundation.own_python import own_command, own_environment
from sending.ledger.batch import Committed
from sending.ledger.entries import Batch
from sending.ledger.parcels import receive, send
from sending.ledger.writer import NotWrittenError

#: What it runs.
MODULE = "sending.ledger.writer_main"
#: How many processes in a row may end without an answer. The worker then ends too, and is started
#: again from the beginning.
MOST_STARTS = 5
#: How long a process that is to end may take before it is killed, seconds.
END_SECONDS = 5.0


class WriterProcess:
    """Writes batches in a process of its own. It ends when this process does.

    Args:
        worker_id: the worker's row.
    """

    is_beside = True

    def __init__(self, *, worker_id: int) -> None:
        self._worker_id = worker_id
        self._starts = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._start()  # it is ready by the time the first lane sends

    def begin(self, batch: Batch) -> None:
        """Send a batch to the process."""
        if self._process is None:
            self._start()
        try:
            send(self._socket, batch)
        except OSError:
            pass  # it has ended: `finish` finds no answer
        except BaseException:
            self._socket.close()  # the lane was ended amid it: half a batch is none
            raise

    def finish(self) -> Committed:
        """Wait for the answer to the batch.

        Raises:
            NotWrittenError: see `Writer.finish`; also if the process ended before it answered.
            RuntimeError: it cannot be kept running.
        """
        try:
            answer = receive(self._socket)
        except (OSError, EOFError):
            status = self._end()
            if self._starts >= MOST_STARTS:
                raise RuntimeError(f"The process that writes the ledger ends: {status}.") from None
            line = f"The process that writes it ended with {status}."
            raise NotWrittenError(True, "EOFError", line) from None
        self._starts = 0
        if isinstance(answer, NotWrittenError):
            raise answer
        assert isinstance(answer, Committed)
        return answer

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._end()

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                own_command(MODULE, theirs.fileno(), self._worker_id),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env=own_environment(),
            )
        self._socket = ours
        self._starts += 1

    def _end(self) -> int:
        """End the process, which reads the end of its socket; return its status."""
        process, self._process = self._process, None
        assert process is not None
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        try:
            return process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()
