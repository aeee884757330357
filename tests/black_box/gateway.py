"""A gateway written from the protocol reference alone, independent of the project's simulator.

It uses asyncio on plain sockets in its own thread, keeps every byte that arrives, and shares no
code with the product.
"""

from __future__ import annotations

import asyncio
import hashlib
import socket
import struct
import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence

from tests.black_box.behaviour import Behaviour, Fault
from tests.black_box.friendships import Friendships, HandedOver
from tests.black_box.history import MessageRequest, Outcome
from tests.black_box.traffic import Message, Request, Traffic
from tests.black_box.wire_format import bytes_of, fields_of, halves, number_in, raw_value, reply_to

LC = "9326B87B234E7235"
#: What a handler returns for an empty reply.
NULL = None


class Gateway:
    """A gateway on a port of its own. Use it as a context manager.

    Args:
        accounts: UIN -> password.
        friends: UIN -> the UINs of its friends.
        behaviour: how it behaves; it may be changed while the gateway runs.
        address: where it listens.
    """

    def __init__(
        self,
        accounts: Mapping[int, str],
        friends: Mapping[int, Sequence[int]],
        behaviour: Behaviour | None = None,
        *,
        address: str = "127.0.0.1",
    ) -> None:
        self.digests = {
            uin: hashlib.md5(password.encode()).hexdigest() for uin, password in accounts.items()
        }
        self.friends = {uin: list(friends.get(uin, ())) for uin in accounts}
        self.behaviour = behaviour or Behaviour()
        self.traffic = Traffic()
        self.friendships = Friendships(self.friends)
        #: Account -> the MT, UN and MG of what waits to be handed over.
        self.inbox: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
        self.handed_over: list[HandedOver] = []
        self.sessions: dict[int, tuple[str, float]] = {}
        self._last: dict[int, float] = {}
        self._seen: dict[tuple[int, str], Message] = {}
        self._address = address
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.port = 0

    # --- starting and stopping -----------------------------------------------------------------

    def __enter__(self) -> Gateway:
        self._thread.start()
        self.online()
        return self

    def __exit__(self, *_: object) -> None:
        self.offline()
        self._ask(self._end_tasks())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def url(self) -> str:
        """The URL of its port."""
        return f"http://{self._address}:{self.port}/"

    def online(self) -> None:
        """Listen, on the same port as before."""
        self._ask(self._listen())

    def offline(self) -> None:
        """Refuse new connections and reset the open ones."""
        self._ask(self._hang_up())

    def drop_connections(self) -> None:
        """Reset the open connections; new ones are accepted."""
        self._loop.call_soon_threadsafe(self._reset_all)

    def forget_sessions(self) -> None:
        """Forget all sessions, as a restart does: every account has to log in again."""
        self._loop.call_soon_threadsafe(self.sessions.clear)

    def _ask(self, coroutine: object) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)  # type: ignore[arg-type]

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(
            self._serve, self._address, self.port, backlog=1024, reuse_address=True
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def _hang_up(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        self._reset_all()

    def _reset_all(self) -> None:
        for writer in list(self._open):
            _reset(writer)

    async def _end_tasks(self) -> None:
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- HTTP ----------------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.traffic.connections += 1
        if self.behaviour.resets_on_accept:
            _reset(writer)
            return
        self._open.add(writer)
        try:
            while await self._serve_one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _colon, value = line.partition(b":")
            if name.strip().lower() == b"content-length":
                length = int(value)
        body = await reader.readexactly(length)
        ip = writer.get_extra_info("peername")[0]
        request = Request(time.monotonic(), ip, head, body, fields_of(body))
        self.traffic.requests.append(request)
        behaviour = self.behaviour
        fault = behaviour.fault_for(request)
        message_request = _message_request(request)
        if request.command == "cltmsg":
            self.traffic.message_requests.append(message_request)
        answer: str | None = ""
        if fault is None or fault.is_after:
            answer = await self._work(request, message_request)
        if behaviour.delay:
            await asyncio.sleep(behaviour.delay)
        if fault in (Fault.SILENCE_BEFORE, Fault.SILENCE_AFTER):
            message_request.answer = str(fault)
            await reader.read()  # until the client gives up
            return False
        message_request.replied_at = time.monotonic()
        if fault is not None:
            message_request.answer = str(fault)
            self.traffic.answers[str(fault)] += 1
            return await self._spoil(fault, writer)
        message_request.answer = "NULL" if answer is NULL else answer.split("&")[0]
        return await self._reply(self._dressed(request, answer), writer)

    def _dressed(self, request: Request, answer: str | None) -> bytes:
        if answer is NULL:
            self.traffic.answers["NULL"] += 1
            return b""
        self.traffic.answers[f"{request.command} {answer.split('&')[0]}"] += 1
        return reply_to(request, answer, self.behaviour)

    async def _reply(self, body: bytes, writer: asyncio.StreamWriter) -> bool:
        behaviour = self.behaviour
        head = [f"{behaviour.http} 200 OK", "Server: tencent imserver/1.0.0"]
        head.append("Content-Type: text/plain; charset=UTF-8")
        if behaviour.is_chunked:
            head.append("Transfer-Encoding: chunked")
            body = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in halves(body)) + b"0\r\n\r\n"
        elif behaviour.has_length:
            head.append(f"Content-Length: {len(body)}")
        if behaviour.connection:
            head.append(f"Connection: {behaviour.connection}")
        reply = "\r\n".join([*head, "", ""]).encode() + body
        for piece in bytes_of(reply) if behaviour.has_bytewise_replies else [reply]:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        has_end = behaviour.has_length or behaviour.is_chunked
        return has_end and not behaviour.closes and behaviour.connection != "close"

    async def _spoil(self, fault: Fault, writer: asyncio.StreamWriter) -> bool:
        if fault in (Fault.RESET_BEFORE, Fault.RESET_AFTER):
            _reset(writer)
            return False
        if fault in (Fault.EMPTY_BEFORE, Fault.EMPTY_AFTER):
            return await self._reply(b"", writer)
        if fault is Fault.RESET_IN_BODY_AFTER:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\nVER=1.1&CMD=CLTMSG&")
            await writer.drain()
            await asyncio.sleep(0.02)  # the client reads this much before the reset
            _reset(writer)
            return False
        if fault is Fault.CUT_AFTER:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\nVER=1.1&CMD=CLTMSG&RES=2")
        else:
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 5\r\n\r\nsorry")
        await writer.drain()
        return False

    # --- the commands --------------------------------------------------------------------------

    async def _work(self, request: Request, message_request: MessageRequest) -> str | None:
        uin = number_in(request.text("UIN"))
        if uin is None or request.text("VER") not in ("1.0", "1.1", "1.2"):
            return NULL
        if request.command in self.behaviour.unanswered:
            return NULL
        if request.command == "logout":
            self.sessions.pop(uin, None)
            return "RES=0"
        if request.command == "login":
            return self._login(request, uin)
        session = self.sessions.get(uin)
        if (
            session is None
            or session[0] != request.ip
            or request.at - session[1] > self.behaviour.li
        ):
            message_request.outcome = Outcome.REFUSED
            return "RES=20"
        self.sessions[uin] = (request.ip, request.at)
        if request.command == "cltmsg" and uin in self.behaviour.without_session:
            message_request.outcome = Outcome.REFUSED
            return "RES=20"
        if request.command == "list":
            return self._list(request, uin)
        if request.command == "getmsgex":
            return self._messages_for(uin)
        if request.command == "cltmsg":
            return await self._message(request, uin, message_request)
        return await self.friendships.answer(request, uin, self.behaviour)

    def _login(self, request: Request, uin: int) -> str | None:
        if request.text("LC") != LC or not request.text("PS"):
            return NULL
        if uin not in self.digests:
            return "RES=5"
        if self.behaviour.is_refusing_logins or request.text("PS") != self.digests[uin]:
            return "RES=0&RS=1&RA=密码错误"
        self.sessions[uin] = (request.ip, request.at)
        return f"RES=0&RS=0&HI={self.behaviour.hi}&LI={self.behaviour.li}"

    def _list(self, request: Request, uin: int) -> str | None:
        friends, tn = self.friends[uin], request.text("TN")
        if tn and number_in(tn) is None:
            return NULL
        if not tn or int(tn) == 0:
            return f"RES=0&FN={len(friends)}"
        if self.behaviour.friends_cut_at is not None:
            friends = friends[: self.behaviour.friends_cut_at]
        if self.behaviour.honours_tn:
            friends = friends[: int(tn)]
        return f"RES=0&FN=1&SN={len(friends)}&UN=" + "".join(f"{friend}," for friend in friends)

    def _messages_for(self, uin: int) -> str:
        inbox = self.inbox[uin]
        waiting = list(inbox)
        del inbox[: len(waiting)]  # not what another thread appends at this moment
        now = time.monotonic()
        self.handed_over += [HandedOver(now, uin, *one) for one in waiting]
        kinds, senders, texts = ("".join(f"{m[n]}," for m in waiting) for n in range(3))
        return f"RES=0&MN={len(waiting)}&MT={kinds}&UN={senders}&MG={texts}"

    async def _message(
        self, request: Request, uin: int, message_request: MessageRequest
    ) -> str | None:
        to, text = number_in(request.text("UN")), request.fields.get("MG", b"")
        try:
            text.decode("utf-8")
        except UnicodeDecodeError:
            return NULL
        if to is None or (
            self.behaviour.fails_on_lowercase_h and b"h" in raw_value(request.body, b"MG")
        ):
            return NULL
        message = Message(request.at, uin, to, request.text("SEQ"), text)
        known = self._seen.get((uin, message.seq))
        if known is not None and request.at - known.at < self.behaviour.seq_window:
            same = (known.to, known.text) == (to, text)
            (self.traffic.replays if same else self.traffic.conflicts).append(message)
            if self.behaviour.has_seq_guard:
                message_request.outcome = Outcome.DROPPED
                return "RES=0&"
        last = self._last.get(uin)
        self._last[uin] = request.at
        is_soon = last is not None and request.at - last < self.behaviour.min_interval
        if last is not None:
            self.traffic.gaps[uin].append(request.at - last)
        if is_soon:
            self.traffic.too_soon.append(message)
        if is_soon or uin in self.behaviour.always_too_fast:
            message_request.outcome = Outcome.REFUSED
            await asyncio.sleep(self.behaviour.penalty)
            return "RES=3"
        message_request.outcome = Outcome.DELIVERED
        self._seen[uin, message.seq] = message
        self.traffic.messages.append(message)
        return "RES=0&"


def _message_request(request: Request) -> MessageRequest:
    """Return the record of a request for a message; its outcome is filled in later."""
    return MessageRequest(
        at=request.at,
        account=number_in(request.text("UIN")) or 0,
        seq=request.text("SEQ"),
        to=number_in(request.text("UN")) or 0,
        text=request.fields.get("MG", b""),
    )


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST instead of FIN."""
    connection = writer.get_extra_info("socket")
    if connection is not None and connection.fileno() >= 0:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
