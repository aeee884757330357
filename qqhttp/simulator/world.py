"""The state of a simulated gateway: who is logged in from where, what waits, what arrived."""

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, NamedTuple

from qqhttp.simulator import people
from qqhttp.simulator.arrivals import Arrivals
from qqhttp.simulator.population import Account, Inbound, populate
from qqhttp.simulator.settings import Settings, checked_changes

TOO_SOON_KEPT: Final = 100_000

# Kinds of an inbound item (MT, reference (9)).
KIND_REQUEST: Final = 2
KIND_ACCEPTED: Final = 3
KIND_REFUSED: Final = 4
KIND_MESSAGE: Final = 9
KIND_SYSTEM: Final = 99


class TooSoon(NamedTuple):
    """A CLTMSG that came before its account might send again."""

    uin: int
    un: int
    seq: str
    at: float  # seconds since the epoch
    by: float  # seconds by which it was early


class World:
    """All that a gateway remembers. Only the thread of the server's loop may touch it."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self.settings = settings
        self.clock = clock
        self._epoch = time.time() - clock()
        self.dice = random.Random(settings.seed)  # noqa: S311 - dice, no secret
        self.accounts = populate(settings)
        self.statuses: dict[int, int] = {}
        self.clear()

    def clear(self) -> None:
        """Forget what happened (messages, figures, SEQs); keep accounts, friends and sessions."""
        self.arrivals = Arrivals(is_text_kept=self.settings.is_text_kept)
        self.too_soon: list[TooSoon] = []
        self.requests: Counter[str] = Counter()
        self.results: Counter[tuple[str, str]] = Counter()
        self.logins: Counter[str] = Counter()
        self.too_soon_count = self.repeats = self.repeats_of_other = self.to_strangers = 0
        self.started_at = self.clock()
        for account in self.accounts.values():
            account.answered.clear()
            account.inbox.clear()
            account.replied_at = account.changed_at = -1e9

    def repopulate(self) -> None:
        """Start anew: the accounts as at the start, nobody logged in, nothing arrived."""
        self.accounts = populate(self.settings)
        self.statuses = {}
        self.clear()

    def change(self, changes: dict[str, Any]) -> None:
        """Change live settings; SimulatorError names the one that cannot be."""
        self.settings = replace(self.settings, **checked_changes(changes))

    def wall(self, moment: float) -> float:
        """Return a moment of the clock as seconds since the epoch."""
        return moment + self._epoch

    # Sessions (reference (1)): an account is known by its IP and UIN.

    def online(self, uin: int, address: str) -> Account | None:
        """Return the account if it has a session from `address`, which this prolongs."""
        account = self.accounts.get(uin)
        if account is None or account.address != address:
            return None
        now = self.clock()
        if now > account.expires_at:
            self.end_session(account)
            return None
        account.expires_at = now + self.settings.idle
        return account

    def begin_session(self, account: Account, address: str) -> None:
        """Log the account in from `address`; a session from elsewhere moves."""
        if account.address and account.address != address:
            self.logins["moved"] += 1
        self.logins["accepted"] += 1
        account.address = address
        account.expires_at = self.clock() + self.settings.idle
        self.set_status(account.uin, people.ONLINE)

    def end_session(self, account: Account) -> None:
        """Log the account out, wherever it is."""
        account.address = ""
        self.set_status(account.uin, people.OFFLINE)

    def sessions(self) -> list[Account]:
        """Return the accounts that have a session now."""
        now = self.clock()
        return [a for a in self.accounts.values() if a.address and a.expires_at >= now]

    # Statuses and inboxes.

    def status(self, uin: int) -> int:
        """Return the status of anybody as others see it: invisible looks like offline."""
        account = self.accounts.get(uin)
        if account is not None:
            is_away = not account.address or account.expires_at < self.clock()
            status = people.OFFLINE if is_away else account.status
        else:
            status = self.statuses.get(uin, people.usual_status(uin))
        return people.OFFLINE if status == people.INVISIBLE else status

    def set_status(self, uin: int, status: int) -> None:
        """Change a status; every account with this friend gets a system message (reference (7))."""
        account = self.accounts.get(uin)
        if account is not None:
            if account.status == status:
                return
            account.status = status
        else:
            self.statuses[uin] = status
        seen = people.OFFLINE if status == people.INVISIBLE else status
        for other in self.accounts.values():
            if uin in other.friends and other.uin != uin:
                other.inbox.append(Inbound(KIND_SYSTEM, uin, str(seen)))

    def deliver(self, account: Account, un: int, seq: bytes, text: bytes, now: float) -> int:
        """Let a message arrive; return its number."""
        number = self.arrivals.add(account.uin, un, seq, text, now + self._epoch)
        recipient = self.accounts.get(un)
        if recipient is not None:
            recipient.inbox.append(Inbound(KIND_MESSAGE, account.uin, text.decode("utf-8")))
        if un not in account.friends:
            self.to_strangers += 1
        return number

    def note_too_soon(self, entry: TooSoon) -> None:
        """Keep a violation of the pace; beyond 100,000 only their number."""
        self.too_soon_count += 1
        if len(self.too_soon) < TOO_SOON_KEPT:
            self.too_soon.append(entry)

    def befriend(self, account: Account, un: int) -> None:
        """Make two people each other's friends; somebody without an account keeps no list."""
        account.friends.add(un)
        other = self.accounts.get(un)
        if other is not None:
            other.friends.add(account.uin)
