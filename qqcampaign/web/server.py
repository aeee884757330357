"""The console's web server: `python -m qqcampaign.web.server --bind ADDRESS:PORT`.

One thread serves all connections and hands complete requests to a few threads, which run the
application. So a slow client takes a buffer and no thread: docs/decisions/0039-web-server.md.
"""

from __future__ import annotations

import argparse
import contextlib
import resource
import signal
import socket
import sys
import time
from collections import Counter
from importlib import import_module
from typing import Any

from django.conf import settings
from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from qqcampaign.web.admission import WITHOUT_PASS, Admission, Limits
from qqcampaign.web.channel import Channel, Parser
from qqcampaign.wsgi import application

#: Threads that run the application.
THREADS = 8
#: The most connections, and those of one address. Behind a proxy all have one address.
CONNECTIONS, CONNECTIONS_PER_ADDRESS = 900, 200
#: Seconds that requests have to end after SIGTERM.
GRACE = 3
#: How long a thread that computes keeps the interpreter from the others, seconds. A page asks the
#: database some thirty times, and waits this long after each answer while a file is read beside it.
SWITCH_SECONDS = 0.0005
_FILES = 4096


class Dispatcher(ThreadedTaskDispatcher):
    """The threads that run the application."""

    def shutdown(self, cancel_pending: bool = True, timeout: float = GRACE) -> bool:
        """End the threads."""
        return bool(super().shutdown(cancel_pending=cancel_pending, timeout=timeout))


class Server(TcpWSGIServer):
    """Serves the connections; ends those that are too slow or too many."""

    channel_class = Channel

    def handle_accept(self) -> None:
        """Accept a connection, unless its address has too many."""
        before = set(self.active_channels)
        super().handle_accept()
        new = set(self.active_channels) - before
        if settings.IS_BEHIND_HTTPS or not new:
            return
        address = Counter(channel.addr[0] for channel in self.active_channels.values())
        for number in new:
            channel = self.active_channels[number]
            if address[channel.addr[0]] > CONNECTIONS_PER_ADDRESS:
                channel.handle_close()

    def maintenance(self, now: float) -> None:
        """Close the connections whose other side takes too long."""
        monotonic = time.monotonic()
        for channel in list(self.active_channels.values()):
            if channel.is_too_slow(monotonic, now):
                channel.will_close = True


def make_server(listener: socket.socket) -> Server:
    """Return the server for an open socket."""
    proxy: dict[str, Any] = {}
    if settings.IS_BEHIND_HTTPS:
        # The proxy says which address and scheme the browser has. Nothing else reaches the port.
        headers = {"x-forwarded-for", "x-forwarded-proto"}
        proxy = {"trusted_proxy": "*", "trusted_proxy_count": 1, "trusted_proxy_headers": headers}
    adjustments = Adjustments(
        sockets=[listener],
        threads=THREADS,
        connection_limit=CONNECTIONS,
        cleanup_interval=2,
        asyncore_use_poll=True,
        log_socket_errors=False,
        ident="qqcampaign",
        max_request_header_size=64 << 10,
        # The admission decides, which knows who sends.
        max_request_body_size=1 << 60,
        # Bodies without a pass never reach the disk.
        inbuf_overflow=WITHOUT_PASS + 1,
        recv_bytes=64 << 10,
        # A thread never waits for a slow reader: what is beyond a megabyte waits in a file.
        outbuf_high_watermark=1 << 40,
        **proxy,
    )
    Parser.admission = Admission(Limits(*settings.UPLOAD_LIMITS))
    dispatcher = Dispatcher()
    dispatcher.set_thread_count(THREADS)
    address = (listener.family, listener.type, listener.proto, listener.getsockname())
    return Server(
        application,
        _sock=listener,
        dispatcher=dispatcher,
        adj=adjustments,
        bind_socket=False,
        sockinfo=address,
    )


def main() -> None:
    """Serve the console until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m qqcampaign.web.server")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--bind", metavar="ADDRESS:PORT", help="the address to listen on")
    where.add_argument("--listener", type=int, metavar="FD", help="an open socket")
    options = parser.parse_args()
    sys.setswitchinterval(SWITCH_SECONDS)
    _allow_open_files()
    listener = _listener(options)
    signal.signal(signal.SIGTERM, _end)
    # By name: it has models, which are there once `application` is imported.
    import_module("qqcampaign.web.measured").begin_measuring()
    make_server(listener).run()


def _listener(options: argparse.Namespace) -> socket.socket:
    if options.listener is not None:
        return socket.socket(fileno=options.listener)
    host, _colon, port = options.bind.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, int(port)), family=family, backlog=512)


def _allow_open_files() -> None:
    """Raise the limit of open files: each connection may have a buffer on the disk."""
    with contextlib.suppress(ValueError, OSError):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
        if soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _end(_signal: int, _frame: object) -> None:
    raise SystemExit


if __name__ == "__main__":
    main()
