"""The control API: queries (GET) and commands (POST) under /control/, in JSON.

Each route is one method. It runs between two requests in the event loop's thread, so the figures
are always consistent. Pages are bounded, so that a query cannot block the gateway for long.
"""

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from qqhttp.simulator.accounts import Account, FriendList, InboxItem, InboxKind, digest_of
from qqhttp.simulator.faults import FaultRules, make_fault, parse_fault
from qqhttp.simulator.listener import Listener
from qqhttp.simulator.message_log import text_digest
from qqhttp.simulator.settings import SimulatorError
from qqhttp.simulator.state import GatewayState

MAX_PAGE: Final = 10_000
_MAX_OFFLINE: Final = 3600.0  # seconds

Given = dict[str, Any]  # the arguments of a request


class ControlApi:
    """Answers queries about a gateway and carries out commands."""

    def __init__(self, state: GatewayState, faults: FaultRules, listener: Listener) -> None:
        self._state = state
        self._faults = faults
        self._listener = listener
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
            # Wrong arguments. The exception's text may contain message text, so it is not shown.
            what = f"a {error.args[0]!r} is missing" if isinstance(error, KeyError) else "malformed"
            return HTTPStatus.BAD_REQUEST, {"error": f"This request is not understood: {what}."}

    def call(self, method: str, route: str, given: Given) -> Any:
        """Return the JSON content of a route.

        Raises:
            SimulatorError: there is no such route, or it refuses the request.
        """
        handler = self._routes.get((method, route.strip("/")))
        if handler is None:
            known = ", ".join(f"{verb} {name}" for verb, name in self._routes)
            raise SimulatorError(f"There is no {method} {route!r}; under /control/ are: {known}.")
        return handler(given)

    # Queries

    def figures(self, given: Given) -> Any:
        """Return all counters."""
        state, listener = self._state, self._listener
        results: dict[str, dict[str, int]] = {}
        for (command, code), count in state.results.items():
            results.setdefault(command, {})[code] = count
        connections = {"open": len(listener.connections), "total": listener.connections_total}
        return {
            "arrived": len(state.messages),
            "distinct": state.messages.distinct,
            "twice": state.messages.duplicate_count,
            "too_soon": state.too_soon_count,
            "repeats": state.repeats,
            "repeats_of_other": state.repeats_of_other,
            "to_strangers": state.to_strangers,
            "requests": dict(state.requests),
            "results": results,
            "logins": {key: state.logins[key] for key in ("accepted", "refused", "moved")},
            "sessions": len(state.sessions()),
            "accounts": len(state.accounts),
            "connections": connections,
            "is_offline": listener.is_offline,
            "uptime": state.clock() - state.started_at,
        }

    def messages(self, given: Given) -> Any:
        """Return a page of delivered messages from `offset` on, restricted by `uin` and `un`."""
        messages = self._state.messages
        page, following = messages.page(
            offset=int(given.get("offset", 0)), limit=_limit(given),
            uin=_optional_int(given, "uin"), un=_optional_int(given, "un"),
        )  # fmt: skip
        return {
            "arrived": len(messages),
            "messages": [message._asdict() for message in page],
            "next": following,
        }

    def check(self, given: Given) -> Any:
        """Return a summary of the delivered messages: numbers, recipients by text, duplicates."""
        messages, limit = self._state.messages, _limit(given)
        return {
            "arrived": len(messages),
            "distinct": messages.distinct,
            "recipients": messages.recipients(),
            "recipients_by_text": dict(messages.recipients_by_text(limit=limit)),
            "twice_count": messages.duplicate_count,
            "twice": [message._asdict() for message in messages.duplicates(limit=limit)],
        }

    def count(self, given: Given) -> Any:
        """Return how often `text` (or the text with this `digest`) was delivered to `un`."""
        digest = given.get("digest") or text_digest(str(given["text"]).encode("utf-8"))
        return {"times": self._state.messages.times(int(given["un"]), digest)}

    def too_soon(self, given: Given) -> Any:
        """Return a page of the messages that came too soon, with the number of seconds."""
        state, offset, limit = self._state, int(given.get("offset", 0)), _limit(given)
        page = state.too_soon[offset : offset + limit]
        return {"count": state.too_soon_count, "messages": [entry._asdict() for entry in page]}

    def accounts(self, given: Given) -> Any:
        """Return a page of the accounts with session, status and friends."""
        state, offset, limit = self._state, int(given.get("offset", 0)), _limit(given)
        now = state.clock()
        page = list(state.accounts.values())[offset : offset + limit]
        return {"count": len(state.accounts), "accounts": [_shown(item, now) for item in page]}

    def settings(self, given: Given) -> Any:
        """Return the live settings."""
        return self._state.settings.live()

    def faults(self, given: Given) -> Any:
        """Return the active faults with the number of times each has fired."""
        return {"faults": [rule.as_dict() for rule in self._faults.rules]}

    # Commands

    def reset(self, given: Given) -> Any:
        """Clear messages and counters; with `population` also sessions and friend changes."""
        if given.get("population", False):
            self._state.repopulate()
        else:
            self._state.clear()
        return {}

    def change_settings(self, given: Given) -> Any:
        """Change live settings from the next request on; return all of them."""
        self._state.change_settings(given)
        return self.settings({})

    def set_faults(self, given: Given) -> Any:
        """Replace the active faults by `faults` (text or objects); with `add` append them."""
        rules = [
            parse_fault(item) if isinstance(item, str) else make_fault(item)
            for item in given["faults"]
        ]
        self._faults.rules = [*self._faults.rules, *rules] if given.get("add", False) else rules
        return self.faults({})

    def push_inbound(self, given: Given) -> Any:
        """Put a message (`text`, `from`, `kind` 9) or several (`messages`) into `uin`'s inbox."""
        items = given.get("messages") or [given]
        for item in items:
            kind = int(item.get("kind", InboxKind.MESSAGE))
            inbox_item = InboxItem(kind, int(item["from"]), str(item["text"]))
            self._account(item).inbox.append(inbox_item)
        return {"pushed": len(items)}

    def push_friend_request(self, given: Given) -> Any:
        """Put a friend request of `from` (MT=2, with `text`) into `uin`'s inbox."""
        item = InboxItem(InboxKind.FRIEND_REQUEST, int(given["from"]), str(given.get("text", "")))
        self._account(given).inbox.append(item)
        return {}

    def push_friend_answer(self, given: Given) -> Any:
        """Let `from` accept (`is_accepted`, MT=3) or refuse (MT=4) the friend request of `uin`."""
        account, sender = self._account(given), int(given["from"])
        if sender not in account.requests:
            raise SimulatorError(f"{account.uin} never asked {sender} for friendship.")
        del account.requests[sender]
        kind = InboxKind.REQUEST_REFUSED
        if given.get("is_accepted", True):
            kind = InboxKind.REQUEST_ACCEPTED
            self._state.befriend(account, sender)
        account.inbox.append(InboxItem(kind, sender, str(given.get("text", ""))))
        return {}

    def set_friend_status(self, given: Given) -> Any:
        """Change the `status` of `uin`; accounts with this friend get a system message."""
        self._state.set_status(int(given["uin"]), int(given["status"]))
        return {}

    def set_friends(self, given: Given) -> Any:
        """Add the UINs of `add` to `uin`'s friend list and remove those of `remove`."""
        account = self._account(given)
        for uin in given.get("add", ()):
            self._state.befriend(account, int(uin))
        for uin in given.get("remove", ()):
            account.friends.remove(int(uin))
        return {"friends": len(account.friends)}

    def set_account(self, given: Given) -> Any:
        """Create an account, or change its `password`, `friends` or `refusal` (RA with RS=1)."""
        state, uin = self._state, int(given["uin"])
        account = state.accounts.get(uin)
        if account is None:
            account = Account(uin, digest_of(str(given["password"])), FriendList())
            state.accounts[uin] = account
        elif "password" in given:
            account.digest = digest_of(str(given["password"]))
        if "friends" in given:
            account.friends = FriendList(added=map(int, given["friends"]))
        if "refusal" in given:
            account.refusal = str(given["refusal"])
        return _shown(account, state.clock())

    def clear_sessions(self, given: Given) -> Any:
        """End the session of `uin`, or all sessions: the next request is answered RES=20."""
        state = self._state
        ended = state.sessions() if given.get("uin") is None else [self._account(given)]
        for account in ended:
            state.end_session(account)
        return {"ended": len(ended)}

    def go_offline(self, given: Given) -> Any:
        """Refuse connections for `seconds` (at most one hour)."""
        seconds = float(given["seconds"])
        if not 0 < seconds <= _MAX_OFFLINE:
            raise SimulatorError(f"Offline is for up to {_MAX_OFFLINE:.0f} seconds, not {seconds}.")
        self._listener.go_offline(seconds)
        return {}

    def come_online(self, given: Given) -> Any:
        """Accept connections again."""
        self._listener.come_online()
        return {}

    def _account(self, given: Given) -> Account:
        account = self._state.accounts.get(int(given["uin"]))
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
        "acks": [[un, code, times] for (un, code), times in account.acks.items()],
    }


def _limit(given: Given) -> int:
    return max(1, min(int(given.get("limit", 1000)), MAX_PAGE))


def _optional_int(given: Given, key: str) -> int | None:
    return None if given.get(key) is None else int(given[key])
