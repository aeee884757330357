"""A TCP proxy before PostgreSQL that withholds the reply to a COMMIT, or passes nothing on.

It reads only as much of the protocol as it needs: the statements of a client's transaction, and
whether the server's reply completes a COMMIT. It withholds that reply and closes both ends: the
transaction is durable, and the client does not know.
"""

from __future__ import annotations

import asyncio
import random
import threading
from urllib.parse import parse_qs, urlsplit

COMMITTED = b"COMMIT\0"
#: Bytes of a message's type and length.
HEAD = 5


class PostgresqlProxy:
    """A proxy between the product and the server's unix socket.

    Args:
        url: the server's URL, with the folder of its socket as `host`.
    """

    def __init__(self, url: str) -> None:
        given = urlsplit(url)
        self._socket = f"{parse_qs(given.query)['host'][0]}/.s.PGSQL.5432"
        self._database = given.path.lstrip("/") or "postgres"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._port = 0
        self._marker, self._share = b"", 0.0
        self._flows = threading.Event()
        self._flows.set()
        self._rng = random.Random(11)
        #: The number of commits whose reply was withheld.
        self.cut = 0

    @property
    def url(self) -> str:
        """The URL for the product."""
        return f"postgres://postgres@127.0.0.1:{self._port}/{self._database}"

    def cut_commits(self, *, of: bytes, share: float) -> None:
        """Withhold the replies to a share of the commits of transactions that contain `of`."""
        self._marker, self._share = of, share

    def cut_nothing(self) -> None:
        """Pass on every reply again."""
        self._share = 0.0

    def stand_still(self) -> None:
        """Pass nothing on in either direction until `go_on`; connections stay open."""
        self._flows.clear()

    def go_on(self) -> None:
        """Pass on what was held back, and everything after it."""
        self._flows.set()

    def __enter__(self) -> PostgresqlProxy:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> None:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._port = server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            to_reader, to_writer = await asyncio.open_unix_connection(self._socket)
        except OSError:
            writer.close()
            return
        link = _Link(self, writer, to_writer)
        up = asyncio.ensure_future(link.upwards(reader))
        down = asyncio.ensure_future(link.downwards(to_reader))
        try:
            await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            pass  # the proxy ends; asyncio would else print a traceback for each connection
        finally:
            for task in (up, down):
                task.cancel()
            await asyncio.gather(up, down, return_exceptions=True)
            for end in (writer, to_writer):
                end.close()

    async def wait_for_flow(self) -> None:
        """Wait while nothing is passed on."""
        while not self._flows.is_set():
            await asyncio.sleep(0.02)

    def is_cut(self, statements: bytes) -> bool:
        """Return whether to withhold the reply to the commit of these statements."""
        is_cut = self._share > 0 and self._marker in statements and self._rng.random() < self._share
        self.cut += is_cut
        return is_cut


class _Link:
    """One connection through the proxy."""

    def __init__(
        self, proxy: PostgresqlProxy, client: asyncio.StreamWriter, server: asyncio.StreamWriter
    ) -> None:
        self._proxy, self._client, self._server = proxy, client, server
        self._statements = bytearray()
        self._is_encryption_asked = False

    async def upwards(self, reader: asyncio.StreamReader) -> None:
        """Pass on what the client sends."""
        while data := await reader.read(65_536):
            await self._proxy.wait_for_flow()
            self._statements += data
            # A start-up packet of eight bytes asks for encryption; one bare byte answers it.
            self._is_encryption_asked = len(data) == 8 and data[:4] == b"\0\0\0\x08"
            self._server.write(data)
            await self._server.drain()

    async def downwards(self, reader: asyncio.StreamReader) -> None:
        """Pass on what the server sends, message by message."""
        while True:
            kind = await _exactly(reader, 1)
            if self._is_encryption_asked and kind in (b"N", b"S"):
                self._is_encryption_asked = False
                message = kind
            else:
                length = await _exactly(reader, 4)
                message = kind + length + await _exactly(reader, int.from_bytes(length) - 4)
            await self._proxy.wait_for_flow()
            is_committed = kind == b"C" and message[HEAD:] == COMMITTED
            if is_committed and self._proxy.is_cut(bytes(self._statements)):
                return
            if kind == b"Z" and message[HEAD:] == b"I":  # ready, and in no transaction
                self._statements.clear()
            self._client.write(message)
            await self._client.drain()


async def _exactly(reader: asyncio.StreamReader, count: int) -> bytes:
    try:
        return await reader.readexactly(count)
    except asyncio.IncompleteReadError:
        raise ConnectionError("the server closed the connection") from None
