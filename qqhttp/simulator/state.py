"""The state of a simulated gateway: accounts, sessions, delivered messages and counters."""

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, NamedTuple

from qqhttp.simulator import profiles
from qqhttp.simulator.accounts import NEVER, Account, InboxItem, InboxKind
from qqhttp.simulator.message_log import MessageLog
from qqhttp.simulator.population import populate
from qqhttp.simulator.settings import Settings, checked_changes

_MAX_TOO_SOON: Final = 100_000


class TooSoon(NamedTuple):
    """A CLTMSG that came before the minimum interval had passed."""

    uin: int
    un: int
    seq: str
    at: float  # seconds since the epoch
    by: float  # how many seconds too soon


class GatewayState:
    """Everything that the gateway remembers. Only the event loop's thread may use it."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self.settings = settings
        self.clock = clock
        self._epoch = time.time() - clock()
        self.random = random.Random(settings.seed)  # noqa: S311 - not used for secrets
        self.accounts = populate(settings)
        self.statuses: dict[int, int] = {}  # changed statuses of people without an account
        self.clear()

    def clear(self) -> None:
        """Forget messages, inboxes, SEQs and counters; keep accounts, friends and sessions."""
        self.messages = MessageLog(is_text_kept=self.settings.is_text_kept)
        self.too_soon: list[TooSoon] = []
        self.requests: Counter[str] = Counter()  # by command
        self.results: Counter[tuple[str, str]] = Counter()  # by command and result code
        self.logins: Counter[str] = Counter()  # accepted, refused, moved
        self.too_soon_count = self.repeats = self.repeats_of_other = self.to_strangers = 0
        self.started_at = self.clock()
        for account in self.accounts.values():
            account.answered.clear()
            account.acks.clear()
            account.ack_seqs.clear()
            account.inbox.clear()
            account.replied_at = account.changed_at = NEVER

    def repopulate(self) -> None:
        """Restore the accounts as they were at the start, without sessions, and clear the rest."""
        self.accounts = populate(self.settings)
        self.statuses = {}
        self.clear()

    def change_settings(self, changes: dict[str, Any]) -> None:
        """Change live settings.

        Raises:
            SimulatorError: a setting is not live, or its value is wrong.
        """
        self.settings = replace(self.settings, **checked_changes(changes))

    def wall_time(self, moment: float) -> float:
        """Return a time of `clock` in seconds since the epoch."""
        return moment + self._epoch

    # Sessions (reference (1)): the gateway knows an account by its IP address and UIN.

    def active_session(self, uin: int, address: str) -> Account | None:
        """Return the account if it has a session from `address`, and extend the session."""
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
        """Log the account in from `address`. A session from another address is replaced."""
        if account.address and account.address != address:
            self.logins["moved"] += 1
        self.logins["accepted"] += 1
        account.address = address
        account.expires_at = self.clock() + self.settings.idle
        self.set_status(account.uin, profiles.ONLINE)

    def end_session(self, account: Account) -> None:
        """Log the account out, from any address."""
        account.address = ""
        self.set_status(account.uin, profiles.OFFLINE)

    def sessions(self) -> list[Account]:
        """Return the accounts that have a session."""
        now = self.clock()
        return [a for a in self.accounts.values() if a.address and a.expires_at >= now]

    # Statuses, inboxes and friends.

    def status(self, uin: int) -> int:
        """Return the status that others see: INVISIBLE is shown as OFFLINE."""
        account = self.accounts.get(uin)
        if account is not None:
            is_logged_out = not account.address or account.expires_at < self.clock()
            status = profiles.OFFLINE if is_logged_out else account.status
        else:
            status = self.statuses.get(uin, profiles.usual_status(uin))
        return _visible(status)

    def set_status(self, uin: int, status: int) -> None:
        """Change a status and send a system message to each account with this friend.

        Source: reference (7).
        """
        account = self.accounts.get(uin)
        if account is not None:
            if account.status == status:
                return
            account.status = status
        else:
            self.statuses[uin] = status
        item = InboxItem(InboxKind.SYSTEM, uin, str(_visible(status)))
        for other in self.accounts.values():
            if uin in other.friends and other.uin != uin:
                other.inbox.append(item)

    def deliver(self, account: Account, un: int, seq: bytes, text: bytes, now: float) -> int:
        """Deliver a message from `account` to `un` and return its number in the log."""
        number = self.messages.add(account.uin, un, seq, text, self.wall_time(now))
        recipient = self.accounts.get(un)
        if recipient is not None:
            item = InboxItem(InboxKind.MESSAGE, account.uin, text.decode("utf-8"))
            recipient.inbox.append(item)
        if un not in account.friends:
            self.to_strangers += 1
        return number

    def record_too_soon(self, entry: TooSoon) -> None:
        """Count a message that came too soon; keep the first 100,000 entries."""
        self.too_soon_count += 1
        if len(self.too_soon) < _MAX_TOO_SOON:
            self.too_soon.append(entry)

    def befriend(self, account: Account, un: int) -> None:
        """Add each to the other's friend list. A person without an account has no list."""
        account.friends.add(un)
        other = self.accounts.get(un)
        if other is not None:
            other.friends.add(account.uin)


def _visible(status: int) -> int:
    return profiles.OFFLINE if status == profiles.INVISIBLE else status
