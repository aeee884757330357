"""Kannel, the SMS gateway in C, as a contender: its queue drained into the same simulator.

It is Debian's package `kannel`. Its `bearerbox` keeps messages in a spool, a file each, and sends
up to 100 at a time to an HTTP service by GET. The spool is filled through its `smsbox`; then a
`bearerbox` is started on it and measured. It promises less than the engine: a message may be sent
twice after a kill, and no record says what became of it.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import urllib.request
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.processes import Watch, running, wait_until

#: The requests under way at a time.
IN_FLIGHT = 100
_BEARERBOX, _SMSBOX = "bearerbox", "smsbox"
_PASSWORD = "bench"
#: No text of Kannel's is Chinese: its HTTP service would need another encoding. As long as ours.
_TEXT = "hello 100% and more = fine + hi, how are you"
# %P and %p are the numbers a reply would come to and from: our account and the person.
_CONFIGURATION = """
group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = {password}
smsbox-port = {boxes}
smsbox-interface = 127.0.0.1
log-file = {folder}/bearerbox.log
log-level = 3
store-type = spool
store-location = {folder}/spool
dlr-storage = internal

group = smsc
smsc = http
smsc-id = gateway
system-type = generic
max-pending-submits = {in_flight}
send-url = "{url}/?VER=1.1&CMD=CLTMSG&SEQ=%B&UIN=%P&UN=%p&MG=%b"
status-success-regex = "RES=0"
status-tempfail-regex = "RES=3"
status-permfail-regex = "RES="

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sends}
sendsms-interface = 127.0.0.1
log-file = {folder}/smsbox.log
log-level = 3

group = sendsms-user
username = bench
password = {password}
"""


@dataclass(frozen=True)
class Message:
    """A message to hand to Kannel: account, person and SEQ."""

    uin: int
    un: int
    seq: int


def is_installed() -> bool:
    """Return whether Kannel is there; without it the comparison is left out."""
    return bool(_path(_BEARERBOX) and _path(_SMSBOX))


class Kannel:
    """A Kannel with messages in its spool, which it has not begun to send."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "spool").mkdir()
        self._admin, self._boxes, self._sends = (_free_port() for _ in range(3))

    def fill(self, messages: Iterable[Message]) -> None:
        """Store messages, by a Kannel whose gateway takes its first request and never answers."""
        with contextlib.ExitStack() as stack:
            silent = socket.create_server(("127.0.0.1", 0))
            address = f"http://127.0.0.1:{silent.getsockname()[1]}"
            stack.enter_context(self._running(_BEARERBOX, address, in_flight=1))
            # It ends once nothing is under way any more, so the socket is closed first.
            stack.enter_context(silent)
            wait_until(lambda: _answers(self._boxes), what="Kannel's bearerbox", seconds=30)
            stack.enter_context(self._running(_SMSBOX, address))
            wait_until(lambda: _answers(self._sends), what="Kannel's smsbox", seconds=30)
            with ThreadPoolExecutor(8) as threads:
                list(threads.map(self._store, messages))

    @contextlib.contextmanager
    def draining(self, url: str) -> Iterator[Watch]:
        """Send what is stored to a gateway; yield a watch of the CPU of the process that sends."""
        with self._running(_BEARERBOX, url) as pid:
            yield Watch(pid)

    def _running(
        self, program: str, url: str, *, in_flight: int = IN_FLIGHT
    ) -> contextlib.AbstractContextManager[int]:
        configuration = self._folder / "kannel.conf"
        configuration.write_text(
            _CONFIGURATION.format(
                admin=self._admin,
                boxes=self._boxes,
                sends=self._sends,
                folder=self._folder,
                url=url,
                in_flight=in_flight,
                password=_PASSWORD,
            )
        )
        return running((_path(program), str(configuration)), log=self._folder / "out.log")

    def _store(self, message: Message) -> None:
        question = urlencode(
            {
                "username": "bench", "password": _PASSWORD, "from": message.uin, "to": message.un,
                "binfo": message.seq, "text": _TEXT,
            }
        )  # fmt: skip
        answer = _read(f"http://127.0.0.1:{self._sends}/cgi-bin/sendsms?{question}")
        assert answer.startswith("0:"), answer


def _path(program: str) -> str:
    return shutil.which(program, path="/usr/sbin:/usr/local/sbin:/usr/bin") or ""


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _read(address: str) -> str:
    with urllib.request.urlopen(address, timeout=30) as answer:
        return str(answer.read().decode())
