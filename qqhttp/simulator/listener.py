"""The listening sockets and the open connections: start, close, go offline and come back."""

import asyncio
import errno
import socket
from collections.abc import Callable

from qqhttp.simulator.connection import Connection
from qqhttp.simulator.settings import SimulatorError

_BACKLOG = 4096
_ACCEPT_PAUSE = 1.0  # seconds without accepting when the process is out of file descriptors
_CLOSING_STEPS = 5  # steps of the event loop in which aborted connections are released
_REBIND_INTERVAL = 0.05  # seconds between two attempts to bind the port again

OnConnection = Callable[[Connection], None]


class Listener:
    """Listens on several addresses with one port, and keeps the set of open connections.

    Args:
        hosts: the addresses to listen on.
        port: the port; 0 takes a free one.
        make_connection: makes the connection of a client from its address and two functions, to
            call when the connection is made and when it is lost.
    """

    def __init__(
        self,
        hosts: tuple[str, ...],
        port: int,
        make_connection: Callable[[str, OnConnection, OnConnection], Connection],
    ) -> None:
        self._hosts = hosts
        self.port = port
        self._make_connection = make_connection
        self.connections: set[Connection] = set()
        self.connections_total = 0
        self.is_offline = False
        self._is_closed = False
        self._sockets: list[socket.socket] = []
        self._accepting: set[asyncio.Task[None]] = set()
        self._come_online_timer: asyncio.TimerHandle | None = None

    @property
    def url(self) -> str:
        """The URL for clients, with the first host (a wildcard is shown as loopback)."""
        host = self._hosts[0]
        return f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{self.port}"  # noqa: S104

    def start(self) -> None:
        """Listen, in the running event loop.

        Raises:
            SimulatorError: the port is in use, or an address is not one of this machine.
        """
        self._loop = asyncio.get_running_loop()
        self._listen()

    async def close(self) -> None:
        """Stop listening and reset all connections."""
        self._is_closed = True
        self._stop_listening()
        await asyncio.gather(*self._accepting, return_exceptions=True)
        self._cut(list(self.connections))
        for _ in range(_CLOSING_STEPS):
            await asyncio.sleep(0)

    def go_offline(self, seconds: float) -> None:
        """Refuse new connections for `seconds` and reset the open ones.

        Connections that were used only for the control API stay open, so that a client can still
        call `come_online`.
        """
        self._stop_listening()
        self.is_offline = True
        self._cut([item for item in self.connections if not item.is_control])
        self._come_online_timer = self._loop.call_later(seconds, self.come_online)

    def come_online(self) -> None:
        """Listen again on the same port."""
        if self.is_offline:
            self._stop_listening()
            try:
                self._listen()
            except SimulatorError:
                # Another process has taken the port: try again until it is free.
                self._come_online_timer = self._loop.call_later(_REBIND_INTERVAL, self.come_online)
            else:
                self.is_offline = False

    def _listen(self) -> None:
        sockets: list[socket.socket] = []
        try:
            for host in self._hosts:
                sockets.append(_bind(host, self.port))
                self.port = sockets[-1].getsockname()[1]
        except SimulatorError:
            for listening in sockets:
                listening.close()
            raise
        self._sockets = sockets
        for listening in sockets:
            self._loop.add_reader(listening, self._accept, listening)

    def _stop_listening(self) -> None:
        if self._come_online_timer is not None:
            self._come_online_timer.cancel()
            self._come_online_timer = None
        for listening in self._sockets:
            self._loop.remove_reader(listening)
            listening.close()
        self._sockets = []

    # Not asyncio's own server: if that is closed while a client connects, it loses the socket.

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(_BACKLOG):
            try:
                client, (address, _) = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:
                # Out of file descriptors: wait until some connections have been closed.
                self._loop.remove_reader(listening)
                self._loop.call_later(_ACCEPT_PAUSE, self._accept_again, listening)
                return
            client.setblocking(False)
            task = self._loop.create_task(self._connect(client, address))
            self._accepting.add(task)
            task.add_done_callback(self._accepting.discard)

    def _accept_again(self, listening: socket.socket) -> None:
        if listening in self._sockets:
            self._loop.add_reader(listening, self._accept, listening)

    async def _connect(self, client: socket.socket, address: str) -> None:
        await self._loop.connect_accepted_socket(
            lambda: self._make_connection(address, self._opened, self.connections.discard), client
        )

    def _opened(self, connection: Connection) -> None:
        self.connections.add(connection)
        self.connections_total += 1
        if self._is_closed or self.is_offline:
            connection.cut()

    def _cut(self, connections: list[Connection]) -> None:
        for connection in connections:
            connection.cut()


def _bind(host: str, port: int) -> socket.socket:
    try:
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((host, port))
            # Listen at once: with SO_REUSEADDR two bound sockets do not conflict until then.
            listening.listen(_BACKLOG)
            listening.setblocking(False)
        except OSError:
            listening.close()
            raise
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise SimulatorError(
                f"Port {port} on {host} is in use: choose another with --port, "
                "or end what listens there."
            ) from error
        raise SimulatorError(
            f"The simulator cannot listen on {host}, port {port}: {error.strerror}."
        ) from error
    return listening
