"""The control interface as Python: ask a simulator what arrived, tell it what to do.

`SimulatorControl(url)` talks to one in another process, over one kept connection of its own;
`GatewaySimulator.control` is the same object for one in this process.
"""

import http.client
import json
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from qqhttp.simulator.arrivals import Arrival
from qqhttp.simulator.settings import SimulatorError
from qqhttp.simulator.world import TooSoon

Ask = Callable[[str, str, dict[str, Any]], Any]
_PAGE = 10_000


class Figures(NamedTuple):
    """What a simulator counted. `results` is by command, then by code ("0", "3", "NULL", ..)."""

    arrived: int
    distinct: int  # (recipient, text)
    twice: int  # arrivals beyond the first of their (recipient, text)
    too_soon: int
    repeats: int  # a SEQ came again and was answered, not delivered
    repeats_of_other: int  # among them: with another recipient or text, so a message was lost
    to_strangers: int
    requests: dict[str, int]
    results: dict[str, dict[str, int]]
    logins: dict[str, int]  # accepted, refused, moved
    sessions: int
    accounts: int
    connections: dict[str, int]  # open, total
    is_offline: bool
    uptime: float


class Check(NamedTuple):
    """The outcome of comparing what arrived with what was to arrive."""

    arrived: int
    missing: list[tuple[int, str]]  # (recipient, text) that did not arrive
    unexpected: list[tuple[int, str]]  # that nobody sent
    twice: list[tuple[int, str]]  # that arrived more often than expected

    @property
    def is_exact(self) -> bool:
        """Whether every message arrived, each once, and nothing else."""
        return not (self.missing or self.unexpected or self.twice)


class SimulatorControl:
    """Questions and orders for one simulator. An order it refuses raises SimulatorError."""

    def __init__(self, url: str | None = None, *, ask: Ask | None = None) -> None:
        self._close: Callable[[], object] = _nothing
        if ask is None:
            if url is None:
                raise SimulatorError("A SimulatorControl needs the simulator's URL.")
            over_http = _OverHTTP(url)
            ask = over_http.ask
            # Closed when nobody holds this object any more, at the latest.
            self._close = weakref.finalize(self, over_http.close)
        self._ask = ask

    def close(self) -> None:
        """Close the connection, if there is one."""
        self._close()

    # Questions

    def figures(self) -> Figures:
        """Return everything that is counted."""
        return Figures(**self._ask("GET", "figures", {}))

    def messages(self, *, uin: int | None = None, un: int | None = None) -> list[Arrival]:
        """Return every message that arrived, in order; `uin` (sender) and `un` narrow it."""
        return list(self.iter_messages(uin=uin, un=un))

    def iter_messages(self, *, uin: int | None = None, un: int | None = None) -> Iterator[Arrival]:
        """Yield the messages that arrived, page by page."""
        offset: int | None = 0
        while offset is not None:
            page = self._ask("GET", "messages", _given(offset=offset, limit=_PAGE, uin=uin, un=un))
            yield from (Arrival(**entry) for entry in page["messages"])
            offset = page["next"]

    def check(self, expected: Iterable[tuple[int, str]]) -> Check:
        """Compare what arrived with `expected`, (recipient, text) each, as often as it stands."""
        open_: dict[tuple[int, str], int] = {}
        for key in expected:
            open_[key] = open_.get(key, 0) + 1
        known = set(open_)
        unexpected: list[tuple[int, str]] = []
        twice: list[tuple[int, str]] = []
        arrived = 0
        for arrival in self.iter_messages():
            arrived += 1
            key = (arrival.un, arrival.text or "")
            if key not in known:
                unexpected.append(key)
            elif open_[key] == 0:
                twice.append(key)
            else:
                open_[key] -= 1
        missing = [key for key, count in open_.items() for _ in range(count)]
        return Check(arrived, missing, unexpected, twice)

    def summary(self, *, limit: int = 1000) -> dict[str, Any]:
        """Return the gateway's own check: arrived, distinct, recipients, by text, twice."""
        summary: dict[str, Any] = self._ask("GET", "check", {"limit": limit})
        return summary

    def times(self, *, un: int, text: str) -> int:
        """Return how often `text` arrived at `un`."""
        return int(self._ask("GET", "count", {"un": un, "text": text})["times"])

    def too_soon(self, *, limit: int = 1000) -> list[TooSoon]:
        """Return the messages that came too soon, and by how many seconds."""
        page = self._ask("GET", "too-soon", {"limit": limit})
        return [TooSoon(**entry) for entry in page["messages"]]

    def accounts(self) -> list[dict[str, Any]]:
        """Return every account: uin, is_online, address, status, friends, waiting, requests."""
        found: list[dict[str, Any]] = []
        while True:
            page = self._ask("GET", "accounts", {"offset": len(found), "limit": _PAGE})
            found += page["accounts"]
            if not page["accounts"] or len(found) >= page["count"]:
                return found

    def settings(self) -> dict[str, Any]:
        """Return the settings that can be changed now."""
        return dict(self._ask("GET", "settings", {}))

    def faults(self) -> list[dict[str, Any]]:
        """Return the faults in force and how often each fired."""
        return list(self._ask("GET", "faults", {})["faults"])

    # Orders

    def reset(self, *, population: bool = False) -> None:
        """Forget what happened; with `population` also sessions and changed friends."""
        self._ask("POST", "reset", {"population": population})

    def change(self, **settings: Any) -> None:
        """Change live settings, for example `min_interval=0.5`."""
        self._ask("POST", "settings", settings)

    def set_faults(self, *faults: str | Mapping[str, Any]) -> None:
        """Replace the faults in force; without any, everything works again."""
        self._ask("POST", "faults", {"faults": [_plain(fault) for fault in faults]})

    def add_fault(self, fault: str | Mapping[str, Any]) -> None:
        """Add a fault behind those in force."""
        self._ask("POST", "faults", {"faults": [_plain(fault)], "add": True})

    def push_inbound(self, *, uin: int, sender: int, text: str, kind: int = 9) -> None:
        """Put a message from `sender` into the inbox of the account `uin`."""
        self._ask("POST", "inbound", {"uin": uin, "from": sender, "text": text, "kind": kind})

    def push_friend_request(self, *, uin: int, sender: int, text: str = "") -> None:
        """Let `sender` ask the account `uin` for friendship."""
        self._ask("POST", "friend-request", {"uin": uin, "from": sender, "text": text})

    def push_friend_answer(
        self, *, uin: int, sender: int, is_accepted: bool, text: str = ""
    ) -> None:
        """Let `sender` answer what the account `uin` asked."""
        given = {"uin": uin, "from": sender, "is_accepted": is_accepted, "text": text}
        self._ask("POST", "friend-answer", given)

    def set_friend_status(self, *, uin: int, status: int) -> None:
        """Change anybody's status (10, 20, 30, 40); their friends are told."""
        self._ask("POST", "friend-status", {"uin": uin, "status": status})

    def set_friends(self, *, uin: int, add: Sequence[int] = (), remove: Sequence[int] = ()) -> None:
        """Add and take away friends of the account `uin`."""
        self._ask("POST", "friends", {"uin": uin, "add": list(add), "remove": list(remove)})

    def set_account(
        self, *, uin: int, password: str | None = None, friends: Sequence[int] | None = None,
        refusal: str | None = None,
    ) -> None:  # fmt: skip
        """Make or change an account; with a `refusal` its logins are answered RS=1 and this RA."""
        given = _given(uin=uin, password=password, refusal=refusal)
        if friends is not None:
            given["friends"] = list(friends)
        self._ask("POST", "account", given)

    def clear_sessions(self, *, uin: int | None = None) -> None:
        """End one session or all: the next request is answered RES=20."""
        self._ask("POST", "sessions/clear", _given(uin=uin))

    def go_offline(self, *, seconds: float) -> None:
        """Refuse connections for a while; `come_online` ends it earlier."""
        self._ask("POST", "offline", {"seconds": seconds})

    def come_online(self) -> None:
        """Take connections again (a moment after this returns)."""
        self._ask("POST", "online", {})


def _nothing() -> None:
    """Close what needs no closing."""


def _given(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _plain(fault: str | Mapping[str, Any]) -> Any:
    return fault if isinstance(fault, str) else dict(fault)


class _OverHTTP:
    """Asks over one kept connection, which survives the gateway's going offline."""

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
                # A kept connection that the last pause outlived. Asking again does no harm to a
                # simulator that restarted; a second failure is a failure.
                self._connection.close()
                if is_last:
                    raise
        if response.status != http.client.OK:
            raise SimulatorError(content["error"])
        return content
