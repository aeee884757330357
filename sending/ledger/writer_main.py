"""Writes a worker's batches: the main program of the process that `WriterProcess` starts.

    python -m sending.ledger.writer_main SOCKET WORKER

SOCKET is the number of an inherited socket, WORKER the worker's row. It reads batches from the
socket, writes each in one transaction and answers. While it starts, and while it writes, it says
every second that it is not stopped. It ends when the worker closes the socket or dies, and not by
SIGTERM: a worker that was told to end writes its last results through it.
"""

from __future__ import annotations

import copy
import gc
import os
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from typing import Any

from sending.ledger.parcels import receive, send

#: How often it says that it works, seconds.
SIGN_SECONDS = 1.0
#: The server keeps the plan of a statement that came this often on the connection.
PREPARED_AFTER = 3


def main() -> None:
    """Serve one worker until it is gone."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sock, worker_id = socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2])
    sock.setblocking(True)  # the worker's end is its event loop's, and both are made alike
    signs = _SignsOfLife(sock)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qqcampaign.settings")

    import django

    django.setup()
    gc.freeze()  # what is loaded by now stays: no collection needs to look at it again
    # A failpoint of the ledger stands for the death of the worker as a whole.
    from foundation.failpoints import die_with_parent
    from foundation.own_python import no_messages_told

    die_with_parent()
    signs.is_working = False
    with no_messages_told():
        _serve(sock, worker_id, signs)


class _SignsOfLife:
    """Tells the worker again and again that this process works, from a thread of its own.

    A database that does not answer, or an entry that waits for a lock, takes as long as it takes.
    A process that is stopped is silent.

    Args:
        sock: leads to the worker.

    Attributes:
        is_working: whether the worker waits, or may begin to.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.is_working = True
        self._sock = sock
        self._sending = threading.Lock()
        threading.Thread(target=self._tell, name="signs of life", daemon=True).start()

    def answer(self, answer: Any) -> None:
        """Send an answer; what follows it is about the next batch."""
        with self._sending:
            self.is_working = False
            self._send(answer)

    def _tell(self) -> None:
        while True:
            time.sleep(SIGN_SECONDS)
            with self._sending:
                if self.is_working:
                    self._send(None)

    def _send(self, what: Any) -> None:
        with suppress(OSError):  # the worker is gone, which `receive` finds out
            send(self._sock, what)


def _serve(sock: socket.socket, worker_id: int, signs: _SignsOfLife) -> None:
    from foundation.failpoints import failpoint
    from sending.ledger.writer import NotWrittenError, WriterInPlace

    writer = WriterInPlace(worker_id=worker_id)
    _use_own_connection(writer.connection_options, worker_id)
    while True:
        try:
            batch = receive(sock)
        except (OSError, EOFError):
            return  # the worker is gone
        signs.is_working = True
        answer: object
        try:
            writer.begin(batch)
            answer = writer.finish()
        except NotWrittenError as problem:
            answer = problem
        failpoint("after_commit")
        signs.answer(answer)


def _use_own_connection(more_options: str, worker_id: int) -> None:
    """Replace Django's connection by one with the ledger's options, outside the pool."""
    from django.db import DEFAULT_DB_ALIAS, connections

    from accounts.querysets.worker import ledger_session

    own = connections.create_connection(DEFAULT_DB_ALIAS)
    own.settings_dict = copy.deepcopy(own.settings_dict)
    options = own.settings_dict["OPTIONS"]
    options.pop("pool", None)
    if own.vendor == "postgresql":
        options["application_name"] = ledger_session(worker_id)
        options["options"] = options.get("options", "") + more_options
        # Values are sent beside the statement instead of being written into it at each commit.
        options["server_side_binding"] = True
        # The same few statements come again and again: planning them took a tenth of the time.
        options["prepare_threshold"] = PREPARED_AFTER
    connections[DEFAULT_DB_ALIAS] = own


if __name__ == "__main__":
    main()
