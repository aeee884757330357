"""The control interface: what happened (GET) and what shall happen (POST), as JSON.

Every route is one method here. It runs between two requests, on the loop's thread, so a figure
never shows half a message; pages are bounded so that a question cannot hold the gateway up.
"""

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit

from qqhttp.simulator.arrivals import text_digest
from qqhttp.simulator.faults import make_fault, parse_fault
from qqhttp.simulator.population import Account, Friends, Inbound, digest_of
from qqhttp.simulator.settings import SimulatorError
from qqhttp.simulator.world import KIND_ACCEPTED, KIND_MESSAGE, KIND_REFUSED, KIND_REQUEST

if TYPE_CHECKING:
    from qqhttp.simulator.server import Server

MAX_PAGE: Final = 10_000
_MAX_OFFLINE: Final = 3600.0

Given = dict[str, Any]


class Desk:
    """Answers the control interface's questions and carries out its orders."""

    def __init__(self, server: "Server") -> None:
        self._server = server
        self._routes: dict[tuple[str, str], Callable[[Given], Any]] = {
            ("GET", "figures"): self.figures,
            ("GET", "messages"): self.messages,
            ("GET", "check"): self.check,
            ("GET", "count"): self.count,
            ("GET", "too-soon"): self.too_soon,
            ("GET", "accounts"): self.accounts,
            ("GET", "settings"): self.settings,
            ("GET", "faults"): self.faults,
            ("POST", "reset"): self.reset,
            ("POST", "settings"): self.change_settings,
            ("POST", "faults"): self.set_faults,
            ("POST", "inbound"): self.push_inbound,
            ("POST", "friend-request"): self.push_friend_request,
            ("POST", "friend-answer"): self.push_friend_answer,
            ("POST", "friend-status"): self.set_friend_status,
            ("POST", "friends"): self.set_friends,
            ("POST", "account"): self.set_account,
            ("POST", "sessions/clear"): self.clear_sessions,
            ("POST", "offline"): self.go_offline,
            ("POST", "online"): self.come_online,
        }

    def answer(self, method: str, path: str, body: bytes) -> tuple[HTTPStatus, Any]:
        """Return the HTTP status and the JSON content for a request to `/control/...`."""
        parts = urlsplit(path)
        given: Given = dict(parse_qsl(parts.query))
        try:
            if body.strip():
                given |= json.loads(body)
            return HTTPStatus.OK, self.call(method, parts.path.removeprefix("/control/"), given)
        except SimulatorError as error:
            return HTTPStatus.BAD_REQUEST, {"error": str(error)}
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            # What was given is not what the route takes. Its words may be message text: not told.
            what = f"a {error.args[0]!r} is missing" if isinstance(error, KeyError) else "malformed"
            return HTTPStatus.BAD_REQUEST, {"error": f"This request is not understood: {what}."}

    def call(self, method: str, route: str, given: Given) -> Any:
        """Return what the route answers; SimulatorError where there is no such route."""
        handler = self._routes.get((method, route.strip("/")))
        if handler is None:
            known = ", ".join(f"{verb} {name}" for verb, name in self._routes)
            raise SimulatorError(f"There is no {method} {route!r}; under /control/ are: {known}.")
        return handler(given)

    # Questions

    def figures(self, given: Given) -> Any:
        """Everything that is counted."""
        world, server = self._server.world, self._server
        results: dict[str, dict[str, int]] = {}
        for (command, code), count in world.results.items():
            results.setdefault(command, {})[code] = count
        return {
            "arrived": len(world.arrivals),
            "distinct": world.arrivals.distinct,
            "twice": world.arrivals.surplus,
            "too_soon": world.too_soon_count,
            "repeats": world.repeats,
            "repeats_of_other": world.repeats_of_other,
            "to_strangers": world.to_strangers,
            "requests": dict(world.requests),
            "results": results,
            "logins": {key: world.logins[key] for key in ("accepted", "refused", "moved")},
            "sessions": len(world.sessions()),
            "accounts": len(world.accounts),
            "connections": {"open": len(server.connections), "total": server.connections_total},
            "is_offline": server.is_offline,
            "uptime": world.clock() - world.started_at,
        }

    def messages(self, given: Given) -> Any:
        """A page of what arrived, from number `offset` on; `uin` and `un` narrow it."""
        arrivals = self._server.world.arrivals
        page, following = arrivals.page(
            offset=int(given.get("offset", 0)), limit=_limit(given),
            uin=_optional_int(given, "uin"), un=_optional_int(given, "un"),
        )  # fmt: skip
        return {
            "arrived": len(arrivals),
            "messages": [arrival._asdict() for arrival in page],
            "next": following,
        }

    def check(self, given: Given) -> Any:
        """What a check of a run asks: how many arrived, how many of them again, and which."""
        arrivals, limit = self._server.world.arrivals, _limit(given)
        return {
            "arrived": len(arrivals),
            "distinct": arrivals.distinct,
            "recipients": arrivals.recipients(),
            "recipients_by_text": dict(arrivals.recipients_by_text(limit=limit)),
            "twice_count": arrivals.surplus,
            "twice": [arrival._asdict() for arrival in arrivals.again(limit=limit)],
        }

    def count(self, given: Given) -> Any:
        """How often `text` (or the text with this `digest`) arrived at `un`."""
        digest = given.get("digest") or text_digest(str(given["text"]).encode("utf-8"))
        return {"times": self._server.world.arrivals.times(int(given["un"]), digest)}

    def too_soon(self, given: Given) -> Any:
        """A page of the messages that came too soon, and by how much."""
        world, offset, limit = self._server.world, int(given.get("offset", 0)), _limit(given)
        page = world.too_soon[offset : offset + limit]
        return {"count": world.too_soon_count, "messages": [entry._asdict() for entry in page]}

    def accounts(self, given: Given) -> Any:
        """A page of the accounts: who is logged in, from where, with which status."""
        world, offset, limit = self._server.world, int(given.get("offset", 0)), _limit(given)
        now = world.clock()
        page = list(world.accounts.values())[offset : offset + limit]
        return {"count": len(world.accounts), "accounts": [_shown(item, now) for item in page]}

    def settings(self, given: Given) -> Any:
        """The settings that can be changed now."""
        return self._server.world.settings.live()

    def faults(self, given: Given) -> Any:
        """The faults in force, and how often each fired."""
        return {"faults": [rule.as_dict() for rule in self._server.faults.rules]}

    # Orders

    def reset(self, given: Given) -> Any:
        """Forget what happened; with `population` also sessions and changed friends."""
        self._server.reset(population=bool(given.get("population", False)))
        return {}

    def change_settings(self, given: Given) -> Any:
        """Change live settings; holds from the next request on."""
        self._server.world.change(given)
        return self.settings({})

    def set_faults(self, given: Given) -> Any:
        """Replace the faults by `faults` (each written or an object); `add` keeps the old ones."""
        rules = [
            parse_fault(item) if isinstance(item, str) else make_fault(item)
            for item in given["faults"]
        ]
        self._server.set_faults(rules, is_added=bool(given.get("add", False)))
        return self.faults({})

    def push_inbound(self, given: Given) -> Any:
        """Put a message (`text`, `from`, `kind` 9) or several (`messages`) into `uin`'s inbox."""
        items = given.get("messages") or [given]
        for item in items:
            kind = int(item.get("kind", KIND_MESSAGE))
            inbound = Inbound(kind, int(item["from"]), str(item["text"]))
            self._account(item).inbox.append(inbound)
        return {"pushed": len(items)}

    def push_friend_request(self, given: Given) -> Any:
        """Let `from` ask `uin` for friendship (MT=2, with `text`)."""
        inbound = Inbound(KIND_REQUEST, int(given["from"]), str(given.get("text", "")))
        self._account(given).inbox.append(inbound)
        return {}

    def push_friend_answer(self, given: Given) -> Any:
        """Let `from` accept (`is_accepted`) or refuse what `uin` asked (MT=3, MT=4 with `text`)."""
        account, sender = self._account(given), int(given["from"])
        if sender not in account.requests:
            raise SimulatorError(f"{account.uin} never asked {sender} for friendship.")
        del account.requests[sender]
        kind = KIND_REFUSED
        if given.get("is_accepted", True):
            kind = KIND_ACCEPTED
            self._server.world.befriend(account, sender)
        account.inbox.append(Inbound(kind, sender, str(given.get("text", ""))))
        return {}

    def set_friend_status(self, given: Given) -> Any:
        """Change anybody's status; accounts with this friend get a system message."""
        self._server.world.set_status(int(given["uin"]), int(given["status"]))
        return {}

    def set_friends(self, given: Given) -> Any:
        """Add (`add`) and take away (`remove`) friends of `uin`."""
        account = self._account(given)
        for uin in given.get("add", ()):
            self._server.world.befriend(account, int(uin))
        for uin in given.get("remove", ()):
            account.friends.remove(int(uin))
        return {"friends": len(account.friends)}

    def set_account(self, given: Given) -> Any:
        """Make an account, or change its `password`, its `friends`, its `refusal` (RS=1's RA)."""
        world, uin = self._server.world, int(given["uin"])
        account = world.accounts.get(uin)
        if account is None:
            account = Account(uin, digest_of(str(given["password"])), Friends())
            world.accounts[uin] = account
        elif "password" in given:
            account.digest = digest_of(str(given["password"]))
        if "friends" in given:
            account.friends = Friends(added=map(int, given["friends"]))
        if "refusal" in given:
            account.refusal = str(given["refusal"])
        return _shown(account, world.clock())

    def clear_sessions(self, given: Given) -> Any:
        """End the session of `uin`, or every one: the next request is answered RES=20."""
        world = self._server.world
        ended = world.sessions() if given.get("uin") is None else [self._account(given)]
        for account in ended:
            world.end_session(account)
        return {"ended": len(ended)}

    def go_offline(self, given: Given) -> Any:
        """Refuse connections for `seconds` (at most an hour)."""
        seconds = float(given["seconds"])
        if not 0 < seconds <= _MAX_OFFLINE:
            raise SimulatorError(f"Offline is for up to {_MAX_OFFLINE:.0f} seconds, not {seconds}.")
        self._server.go_offline(seconds)
        return {}

    def come_online(self, given: Given) -> Any:
        """Take connections again."""
        self._server.come_online()
        return {}

    def _account(self, given: Given) -> Account:
        account = self._server.world.accounts.get(int(given["uin"]))
        if account is None:
            raise SimulatorError(f"There is no account {given['uin']}.")
        return account


def _shown(account: Account, now: float) -> dict[str, Any]:
    is_online = bool(account.address) and account.expires_at >= now
    return {
        "uin": account.uin,
        "is_online": is_online,
        "address": account.address if is_online else "",
        "status": account.status,
        "friends": len(account.friends),
        "waiting": len(account.inbox),
        "refusal": account.refusal,
        "requests": account.requests,
    }


def _limit(given: Given) -> int:
    return max(1, min(int(given.get("limit", 1000)), MAX_PAGE))


def _optional_int(given: Given, key: str) -> int | None:
    return None if given.get(key) is None else int(given[key])
