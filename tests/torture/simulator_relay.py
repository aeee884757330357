"""A gateway of the black-box tests that passes every request on to the project's simulator.

It answers with the simulator's own bytes and only notes what passes, so that a scenario checks the
simulator's traffic as it checks that of the independent gateway.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping, Sequence
from typing import SupportsIndex
from urllib.parse import unquote_to_bytes

from qqhttp.simulator import SimulatorProcess
from tests.black_box.behaviour import Behaviour
from tests.black_box.friendships import HandedOver, Verdict
from tests.black_box.gateway import Gateway
from tests.black_box.history import MessageRequest, Outcome
from tests.black_box.traffic import Message, Request
from tests.black_box.wire_format import fields_of, number_in, raw_value

#: MT, UN and MG of what waits to be handed over.
Item = tuple[int, int, str]


class _Waiting(list[Item]):
    """What waits in an account's inbox. What is appended is put into the simulator's."""

    def __init__(self, relay: SimulatorRelay, uin: int) -> None:
        super().__init__()
        self._relay, self._uin = relay, uin

    def append(self, item: Item, /) -> None:
        super().append(item)  # first: it may be handed over before the simulator answers
        self._relay.push(self._uin, item)

    def pop(self, index: SupportsIndex = -1, /) -> Item:
        raise NotImplementedError("The simulator hands it over, not this list.")


class SimulatorRelay(Gateway):
    """The simulator, in a process of its own, behind a gateway that notes what passes.

    Args:
        accounts, friends, behaviour: as of `Gateway`. Of the behaviour the simulator gets the
            heartbeat, the idle time, the minimum interval and the penalty.
    """

    def __init__(
        self,
        accounts: Mapping[int, str],
        friends: Mapping[int, Sequence[int]],
        behaviour: Behaviour | None = None,
    ) -> None:
        super().__init__(accounts, friends, behaviour)
        self._passwords = dict(accounts)
        self.simulator = SimulatorProcess(
            accounts=0,
            heartbeat=self.behaviour.hi,
            idle=float(self.behaviour.li),
            min_interval=self.behaviour.min_interval,
            penalty=self.behaviour.penalty,
        )
        self._one_at_a_time = threading.Lock()
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._acknowledged: set[tuple[int, str]] = set()
        for uin in accounts:
            self.inbox[uin] = _Waiting(self, uin)

    def __enter__(self) -> SimulatorRelay:
        self.simulator.__enter__()
        for uin, password in self._passwords.items():
            self.simulator.control.set_account(
                uin=uin, password=password, friends=self.friends[uin]
            )
        super().__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self.simulator.stop()

    def push(self, uin: int, item: Item) -> None:
        """Put an item into the simulator's inbox of an account."""
        kind, sender, text = item
        with self._one_at_a_time:  # the control connection serves one thread
            self.simulator.control.push_inbound(uin=uin, sender=sender, text=text, kind=kind)

    async def _work(self, request: Request, message_request: MessageRequest) -> str | None:
        body = await self._ask_simulator(request.body)
        if not body:
            return None
        reply = fields_of(body)
        uin, res = number_in(request.text("UIN")) or 0, reply.get("RES", b"").decode()
        if request.command == "cltmsg":
            self._note_message(request, message_request, uin=uin, res=res)
        elif request.command == "getmsgex" and res == "0":
            self._note_handed_over(uin, body)
        elif request.command == "ack_addtolist" and res == "0":
            self._note_verdict(request, uin)
        return body.decode("utf-8", "surrogateescape")

    def _dressed(self, request: Request, answer: str | None) -> bytes:
        """Return the simulator's reply as it came."""
        return b"" if answer is None else answer.encode("utf-8", "surrogateescape")

    async def _ask_simulator(self, body: bytes) -> bytes:
        if self._idle:
            reader, writer = self._idle.pop()
        else:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.simulator.port)
        length = str(len(body)).encode()
        writer.write(b"POST / HTTP/1.1\r\nHost: simulator\r\nContent-Length: " + length)
        writer.write(b"\r\nConnection: keep-alive\r\n\r\n" + body)
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        found = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
        reply = await reader.readexactly(int(found or b"0"))
        self._idle.append((reader, writer))
        return reply

    def _note_message(
        self, request: Request, message_request: MessageRequest, *, uin: int, res: str
    ) -> None:
        message_request.outcome = Outcome.REFUSED
        if res != "0":
            return
        message = Message(
            request.at, uin, message_request.to, message_request.seq, message_request.text
        )
        key = uin, message.seq
        known = self._seen.get(key)
        if known is not None and request.at - known.at < self.behaviour.seq_window:
            same = (known.to, known.text) == (message.to, message.text)
            (self.traffic.replays if same else self.traffic.conflicts).append(message)
            message_request.outcome = Outcome.DROPPED
            return
        message_request.outcome = Outcome.DELIVERED
        self._seen[key] = message
        self.traffic.messages.append(message)

    def _note_handed_over(self, uin: int, body: bytes) -> None:
        now = time.monotonic()
        columns = [_items(body, key) for key in (b"MT", b"UN", b"MG")]
        for kind, sender, text in zip(*columns, strict=True):
            self.handed_over.append(HandedOver(now, uin, int(kind), int(sender), text.strip()))
        del self.inbox[uin][: len(columns[0])]

    def _note_verdict(self, request: Request, uin: int) -> None:
        key = uin, request.text("SEQ")
        if key in self._acknowledged:
            return
        self._acknowledged.add(key)
        self.friendships.verdicts.append(
            Verdict(
                request.at,
                uin,
                number_in(request.text("UN")) or 0,
                request.text("CD"),
                request.text("RS"),
            )
        )


def _items(body: bytes, key: bytes) -> list[str]:
    """Return the items of a list in a reply, unescaped twice, as the reference escapes them."""
    raw = raw_value(body, key).split(b",")
    if raw and not raw[-1].strip():
        raw.pop()
    return [unquote_to_bytes(unquote_to_bytes(one)).decode("utf-8", "replace") for one in raw]
