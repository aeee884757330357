"""The Python client of the control API.

`SimulatorControl(url)` controls a simulator in another process over one kept connection.
`GatewaySimulator.control` has the same methods for a simulator in this process.
"""

import http.client
import json
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from qqhttp.simulator.message_log import DeliveredMessage
from qqhttp.simulator.settings import SimulatorError
from qqhttp.simulator.state import TooSoon

Ask = Callable[[str, str, dict[str, Any]], Any]
_PAGE = 10_000


class Figures(NamedTuple):
    """The counters of a simulator."""

    arrived: int  # delivered messages
    distinct: int  # different pairs of recipient and text
    twice: int  # messages whose recipient and text were delivered before
    too_soon: int
    repeats: int  # requests with a repeated SEQ, answered but not delivered
    repeats_of_other: int  # of these, with another recipient or text: the message was lost
    to_strangers: int
    requests: dict[str, int]
    results: dict[str, dict[str, int]]  # by command and code ("0", "3", "NULL", ...)
    logins: dict[str, int]  # accepted, refused, moved
    sessions: int
    accounts: int
    connections: dict[str, int]  # open, total
    is_offline: bool
    uptime: float


class Check(NamedTuple):
    """The difference between delivered and expected messages, each (recipient, text)."""

    arrived: int
    missing: list[tuple[int, str]]  # expected but not delivered
    unexpected: list[tuple[int, str]]  # delivered but not expected
    twice: list[tuple[int, str]]  # delivered more often than expected

    @property
    def is_exact(self) -> bool:
        """Whether exactly the expected messages were delivered."""
        return not (self.missing or self.unexpected or self.twice)


class SimulatorControl:
    """Queries and commands for one simulator.

    Args:
        url: the URL of a simulator in another process.
        ask: instead of `url`, a function of method, route and arguments that returns the content.

    Raises:
        SimulatorError: the simulator refuses a request.
    """

    def __init__(self, url: str | None = None, *, ask: Ask | None = None) -> None:
        self._close: Callable[[], object] = _nothing
        if ask is None:
            if url is None:
                raise SimulatorError("A SimulatorControl needs the simulator's URL.")
            connection = _HTTPConnection(url)
            ask = connection.ask
            # Closes the connection at garbage collection, if `close` was not called before.
            self._close = weakref.finalize(self, connection.close)
        self._ask = ask

    def close(self) -> None:
        """Close the connection, if there is one."""
        self._close()

    # Queries

    def figures(self) -> Figures:
        """Return all counters."""
        return Figures(**self._ask("GET", "figures", {}))

    def messages(self, *, uin: int | None = None, un: int | None = None) -> list[DeliveredMessage]:
        """Return the delivered messages in order, of one sender (`uin`) or recipient (`un`)."""
        return list(self.iter_messages(uin=uin, un=un))

    def iter_messages(
        self, *, uin: int | None = None, un: int | None = None
    ) -> Iterator[DeliveredMessage]:
        """Yield the delivered messages, fetched page by page."""
        offset: int | None = 0
        while offset is not None:
            page = self._ask("GET", "messages", _given(offset=offset, limit=_PAGE, uin=uin, un=un))
            yield from (DeliveredMessage(**entry) for entry in page["messages"])
            offset = page["next"]

    def check(self, expected: Iterable[tuple[int, str]]) -> Check:
        """Compare the delivered messages with `expected`: (recipient, text) once per message."""
        remaining: dict[tuple[int, str], int] = {}
        for key in expected:
            remaining[key] = remaining.get(key, 0) + 1
        known = set(remaining)
        unexpected: list[tuple[int, str]] = []
        twice: list[tuple[int, str]] = []
        arrived = 0
        for message in self.iter_messages():
            arrived += 1
            key = (message.un, message.text or "")
            if key not in known:
                unexpected.append(key)
            elif remaining[key] == 0:
                twice.append(key)
            else:
                remaining[key] -= 1
        missing = [key for key, count in remaining.items() for _ in range(count)]
        return Check(arrived, missing, unexpected, twice)

    def summary(self, *, limit: int = 1000) -> dict[str, Any]:
        """Return the gateway's summary: numbers, recipients by text, up to `limit` duplicates."""
        summary: dict[str, Any] = self._ask("GET", "check", {"limit": limit})
        return summary

    def times(self, *, un: int, text: str) -> int:
        """Return how often `text` was delivered to `un`."""
        return int(self._ask("GET", "count", {"un": un, "text": text})["times"])

    def too_soon(self, *, limit: int = 1000) -> list[TooSoon]:
        """Return the messages that came too soon, with the number of seconds."""
        page = self._ask("GET", "too-soon", {"limit": limit})
        return [TooSoon(**entry) for entry in page["messages"]]

    def accounts(self) -> list[dict[str, Any]]:
        """Return all accounts: uin, is_online, address, status, friends, waiting, requests."""
        found: list[dict[str, Any]] = []
        while True:
            page = self._ask("GET", "accounts", {"offset": len(found), "limit": _PAGE})
            found += page["accounts"]
            if not page["accounts"] or len(found) >= page["count"]:
                return found

    def acks(self, *, uin: int) -> dict[tuple[int, int], int]:
        """Return how often the account carried out each Ack_AddToList: by (UN, CD)."""
        mine = next(account for account in self.accounts() if account["uin"] == uin)
        return {(un, code): times for un, code, times in mine["acks"]}

    def settings(self) -> dict[str, Any]:
        """Return the live settings."""
        return dict(self._ask("GET", "settings", {}))

    def faults(self) -> list[dict[str, Any]]:
        """Return the active faults with the number of times each has fired (`fired`)."""
        return list(self._ask("GET", "faults", {})["faults"])

    # Commands

    def reset(self, *, population: bool = False) -> None:
        """Clear messages and counters; with `population` also sessions and friend changes."""
        self._ask("POST", "reset", {"population": population})

    def change(self, **settings: Any) -> None:
        """Change live settings, for example `min_interval=0.5`."""
        self._ask("POST", "settings", settings)

    def set_faults(self, *faults: str | Mapping[str, Any]) -> None:
        """Replace the active faults; without arguments, remove them all."""
        self._ask("POST", "faults", {"faults": [_plain(fault) for fault in faults]})

    def add_fault(self, fault: str | Mapping[str, Any]) -> None:
        """Append a fault to the active ones."""
        self._ask("POST", "faults", {"faults": [_plain(fault)], "add": True})

    def push_inbound(self, *, uin: int, sender: int, text: str, kind: int = 9) -> None:
        """Put a message from `sender` into the inbox of the account `uin`."""
        self._ask("POST", "inbound", {"uin": uin, "from": sender, "text": text, "kind": kind})

    def push_friend_request(self, *, uin: int, sender: int, text: str = "") -> None:
        """Put a friend request of `sender` into the inbox of the account `uin`."""
        self._ask("POST", "friend-request", {"uin": uin, "from": sender, "text": text})

    def push_friend_answer(
        self, *, uin: int, sender: int, is_accepted: bool, text: str = ""
    ) -> None:
        """Let `sender` accept or refuse the friend request of the account `uin`."""
        given = {"uin": uin, "from": sender, "is_accepted": is_accepted, "text": text}
        self._ask("POST", "friend-answer", given)

    def set_friend_status(self, *, uin: int, status: int) -> None:
        """Change a person's status (10, 20, 30, 40); their friends get a system message."""
        self._ask("POST", "friend-status", {"uin": uin, "status": status})

    def set_friends(self, *, uin: int, add: Sequence[int] = (), remove: Sequence[int] = ()) -> None:
        """Add and remove friends of the account `uin`."""
        self._ask("POST", "friends", {"uin": uin, "add": list(add), "remove": list(remove)})

    def set_account(
        self, *, uin: int, password: str | None = None, friends: Sequence[int] | None = None,
        refusal: str | None = None,
    ) -> None:  # fmt: skip
        """Create or change an account. With a `refusal` its logins get RS=1 with this RA."""
        given = _given(uin=uin, password=password, refusal=refusal)
        if friends is not None:
            given["friends"] = list(friends)
        self._ask("POST", "account", given)

    def clear_sessions(self, *, uin: int | None = None) -> None:
        """End one session or all sessions: the next request is answered RES=20."""
        self._ask("POST", "sessions/clear", _given(uin=uin))

    def go_offline(self, *, seconds: float) -> None:
        """Refuse connections for `seconds`, or until `come_online` is called."""
        self._ask("POST", "offline", {"seconds": seconds})

    def come_online(self) -> None:
        """Accept connections again, shortly after this returns."""
        self._ask("POST", "online", {})


def _nothing() -> None:
    """Do nothing: in the same process there is no connection to close."""


def _given(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _plain(fault: str | Mapping[str, Any]) -> Any:
    return fault if isinstance(fault, str) else dict(fault)


class _HTTPConnection:
    """Sends requests over one kept connection, which stays open while the gateway is offline."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._url = url
        self._connection = http.client.HTTPConnection(
            parts.hostname or "127.0.0.1", parts.port, timeout=60
        )

    def close(self) -> None:
        self._connection.close()

    def ask(self, method: str, route: str, given: dict[str, Any]) -> Any:
        body = json.dumps(given).encode()
        headers = {"Content-Type": "application/json", "Connection": "keep-alive"}
        for is_last in (False, True):
            try:
                self._connection.request(method, f"/control/{route}", body, headers)
                response = self._connection.getresponse()
                content = json.loads(response.read())
                break
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                # The kept connection has ended since the last request, for example because the
                # simulator was restarted: connect again, once.
                self._connection.close()
                if is_last:
                    raise
        if response.status != http.client.OK:
            raise SimulatorError(content["error"])
        return content
