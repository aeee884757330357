"""The process that writes a worker's batches, as the worker sees it.

Lanes are greenlets: one interpreter runs them all. A transaction in the same process competes with
them for the interpreter, also on a thread of its own: each of its steps waits until a lane lets go,
and a batch of two entries took as long as one of a hundred. In a process of its own the batch is
written on another core while the lanes run (docs/decisions/0087).

If it dies, its answer is lost and its transaction may have been committed. That is what happens
when the database dies, and the ledger treats it the same: it writes the batch again. If it is
stopped it is killed: it may hold locks for which everybody waits.
"""

from __future__ import annotations

import socket
import subprocess
from contextlib import suppress

from foundation.own_python import own_command
from sending.ledger.batch import Committed
from sending.ledger.entries import Batch
from sending.ledger.parcels import receive, send
from sending.ledger.writer import NotWrittenError

#: What it runs.
MODULE = "sending.ledger.writer_main"
#: How many processes in a row may end without an answer. The worker then ends too, and is started
#: again from the beginning.
MOST_STARTS = 5
#: A process that said nothing for so many seconds is stopped, and is killed. It speaks every
#: second (`writer_main.SIGN_SECONDS`). On SQLite, other writers wait for its locks for 30 s.
SILENT_SECONDS = 15.0
#: How long a process that is to end may take before it is killed, and then before it is left alone,
#: seconds.
END_SECONDS, KILLED_SECONDS = 5.0, 2.0


class WriterProcess:
    """Writes batches in a process of its own. It ends when this process does.

    Args:
        worker_id: the worker's row.

    Raises:
        OSError: it cannot be started. Later on that is tried again: only then is it certain that
            the ledger, and no lane, starts it.
    """

    is_beside = True

    def __init__(self, *, worker_id: int) -> None:
        self._worker_id = worker_id
        self._starts = 0
        #: None while it does not run: it was ended, or could not be started.
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket
        self._why_not = ""
        self._start()  # it is ready by the time the first lane sends
        if self._process is None:
            raise OSError(f"The process that writes the ledger {self._why_not}.")

    def begin(self, batch: Batch) -> None:
        """Send a batch to the process."""
        if self._process is None:
            self._start()
        if self._process is None:
            return
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
        how, answer = self._why_not, None
        try:
            # None is a sign of life.
            while self._process is not None and answer is None:
                answer = receive(self._socket)
        except TimeoutError:
            self._end(patience=0.0)
            how = "stood still, and was killed"
        except (OSError, EOFError):
            how = f"ended with {self._end(patience=END_SECONDS)}"
        if answer is None:
            if self._starts >= MOST_STARTS:
                raise RuntimeError(f"The process that writes the ledger {how}.") from None
            line = f"The process that writes it {how}."
            raise NotWrittenError(True, "EOFError", line) from None
        self._starts = 0
        if isinstance(answer, NotWrittenError):
            raise answer
        assert isinstance(answer, Committed)
        return answer

    def close(self) -> None:
        """End the process."""
        self._end(patience=END_SECONDS)

    def abandon(self) -> None:
        """Kill the process, whatever it does: `finish` finds no answer."""
        if self._process is not None:
            self._process.kill()

    def _start(self) -> None:
        """Start the process. If that is not possible now, `finish` finds no answer."""
        self._starts += 1
        try:
            ours, theirs = socket.socketpair()
        except OSError as problem:  # no file descriptor is left
            self._why_not = f"cannot be started: {problem}"
            return
        ours.settimeout(SILENT_SECONDS)
        with theirs:
            try:
                self._process = subprocess.Popen(
                    own_command(MODULE, theirs.fileno(), self._worker_id),
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                )
            except OSError as problem:  # no process, or no memory
                ours.close()
                self._why_not = f"cannot be started: {problem}"
                return
        self._socket = ours

    def _end(self, *, patience: float) -> int | None:
        """End the process, which reads the end of its socket; return its status, if it has one."""
        process, self._process = self._process, None
        if process is None:
            return None
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        with suppress(subprocess.TimeoutExpired):
            return process.wait(patience)
        process.kill()
        with suppress(subprocess.TimeoutExpired):  # a disk that hangs is not waited for
            return process.wait(KILLED_SECONDS)
        return None
