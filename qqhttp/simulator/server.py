"""The server: listens, goes offline and comes back, and holds what all connections share."""

import asyncio
import errno
import socket
from dataclasses import replace

from qqhttp.simulator.connection import Connection
from qqhttp.simulator.control import Desk
from qqhttp.simulator.faults import Fault, Faults
from qqhttp.simulator.settings import Settings, SimulatorError
from qqhttp.simulator.wire import Call
from qqhttp.simulator.world import World

_BACKLOG = 4096
_REST = 1.0  # seconds without accepting, when there are no descriptors left
_LAST_STEPS = 5
_RECEIVED_AT_ONCE = 64 * 1024  # bytes
_REBIND_EVERY = 0.05  # seconds between two tries to get the port back


class Server:
    """A gateway that listens on every host of its settings, all on one port."""

    def __init__(self, settings: Settings, faults: list[Fault] | None = None) -> None:
        self.settings = settings
        self.world = World(settings)
        self.faults = Faults(faults or [], self.world.dice)
        self.desk = Desk(self)
        self.port = settings.port
        self.connections: set[Connection] = set()
        self.connections_total = 0
        self.received = memoryview(bytearray(_RECEIVED_AT_ONCE))
        self.is_offline = False
        self._is_closed = False
        self._listeners: list[socket.socket] = []
        self._arriving: set[asyncio.Task[None]] = set()
        self._return: asyncio.TimerHandle | None = None

    @property
    def url(self) -> str:
        """Where clients reach it (the first host; a wildcard is shown as loopback)."""
        host = self.settings.hosts[0]
        return f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{self.port}"  # noqa: S104

    async def start(self) -> None:
        """Listen; SimulatorError where the port is taken or the address is not ours."""
        self.loop = asyncio.get_running_loop()
        self._listen()

    def _listen(self) -> None:
        sockets: list[socket.socket] = []
        try:
            for host in self.settings.hosts:
                listener = _bind(host, self.port)
                sockets.append(listener)
                self.port = listener.getsockname()[1]
        except SimulatorError:
            for listener in sockets:
                listener.close()
            raise
        self._listeners = sockets
        for listener in sockets:
            self.loop.add_reader(listener, self._accept, listener)

    # Accepted by hand: asyncio's own server, closed while a client arrives, loses that socket.

    def _accept(self, listener: socket.socket) -> None:
        for _ in range(_BACKLOG):
            try:
                client, (address, _) = listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:
                # Out of descriptors: let those that are open end before taking more.
                self.loop.remove_reader(listener)
                self.loop.call_later(_REST, self._accept_again, listener)
                return
            client.setblocking(False)
            task = self.loop.create_task(self._welcome(client, address))
            self._arriving.add(task)
            task.add_done_callback(self._arriving.discard)

    def _accept_again(self, listener: socket.socket) -> None:
        if listener in self._listeners:
            self.loop.add_reader(listener, self._accept, listener)

    async def _welcome(self, client: socket.socket, address: str) -> None:
        await self.loop.connect_accepted_socket(lambda: Connection(self, address), client)

    async def close(self) -> None:
        """End at once: no more listening, every connection cut."""
        self._is_closed = True
        self._stop_listening()
        await asyncio.gather(*self._arriving, return_exceptions=True)
        for connection in list(self.connections):
            connection.cut()
        # The loop's own steps, in which what was cut goes away.
        for _ in range(_LAST_STEPS):
            await asyncio.sleep(0)

    def _stop_listening(self) -> None:
        if self._return is not None:
            self._return.cancel()
            self._return = None
        for listener in self._listeners:
            self.loop.remove_reader(listener)
            listener.close()
        self._listeners = []

    def go_offline(self, seconds: float) -> None:
        """Refuse connections for `seconds` and reset those there are.

        Connections on which only the control interface was used stay, so that whoever ordered
        this can end it earlier.
        """
        self._stop_listening()
        self.is_offline = True
        for connection in list(self.connections):
            if not connection.is_control:
                connection.cut()
        self._return = self.loop.call_later(seconds, self.come_online)

    def come_online(self) -> None:
        """Listen again, on the port of before."""
        if self.is_offline:
            self._stop_listening()
            try:
                self._listen()
            except SimulatorError:
                # Somebody took the port meanwhile: try again until it is free.
                self._return = self.loop.call_later(_REBIND_EVERY, self.come_online)
            else:
                self.is_offline = False

    def opened(self, connection: Connection) -> None:
        """Note a new connection."""
        self.connections.add(connection)
        self.connections_total += 1
        if self._is_closed or self.is_offline:
            connection.cut()

    def closed(self, connection: Connection) -> None:
        """Note that a connection is gone."""
        self.connections.discard(connection)

    def latency(self, call: Call) -> float:
        """Return the seconds by which the answer to `call` is delayed beyond its own delay."""
        settings = self.world.settings
        wait = settings.latency
        if settings.jitter:
            wait += self.world.dice.uniform(0.0, settings.jitter)
        if self.faults.rules:
            wait += self.faults.latency(call, "after")
        return wait

    def reset(self, *, population: bool) -> None:
        """Forget what happened; with `population` also every session and friend change."""
        if population:
            self.world.repopulate()
        else:
            self.world.clear()

    def set_faults(self, faults: list[Fault], *, is_added: bool) -> None:
        """Replace the faults in force, or add to them (earlier ones come first)."""
        kept = [replace(rule) for rule in self.faults.rules] if is_added else []
        self.faults = Faults([*kept, *faults], self.world.dice)


def _bind(host: str, port: int) -> socket.socket:
    try:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
            # Listening here and not later: two binders with SO_REUSEADDR do not see each other.
            listener.listen(_BACKLOG)
            listener.setblocking(False)
        except OSError:
            listener.close()
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
    return listener
