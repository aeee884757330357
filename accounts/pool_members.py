"""What a pool's page and command show of its members: their states, and what they can send."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from accounts.models import Account, AccountPool
from accounts.pacing.limits import DAY, HOUR, MINUTE, daily_limit
from accounts.pools import members_of
from accounts.states import WORKING_STATES
from accounts.warm_ups import attempts_since
from clocks import shared

#: Members that a page or a command shows one by one.
MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class PoolMember:
    """A member of a pool.

    Attributes:
        account: the account.
        a_day: the messages it may send in 24 hours at its pace; None: nothing limits it.
        sent: the messages it sent in the last 24 hours; at most `a_day` are counted.
    """

    account: Account
    a_day: int | None
    sent: int


@dataclass(frozen=True, slots=True)
class PoolSummary:
    """A pool's members and what they can send.

    Attributes:
        size: the number of its members.
        working: how many of them are neither quarantined nor disabled.
        a_day: the messages those may send in 24 hours together; None: nothing limits one of them.
        members: the first MOST_SHOWN members, by UIN.
    """

    size: int
    working: int
    a_day: int | None
    members: tuple[PoolMember, ...]


def summary_of(pool: AccountPool) -> PoolSummary:
    """Return a pool's members as they are now."""
    accounts = _accounts_of(pool)
    return _summary(accounts, shown=[_member(account) for account in accounts[:MOST_SHOWN]])


def _accounts_of(pool: AccountPool) -> list[Account]:
    return list(members_of(pool).select_related("lease").defer("credential").order_by("uin"))


def _summary(accounts: Sequence[Account], *, shown: Sequence[PoolMember]) -> PoolSummary:
    working = [account for account in accounts if account.state in WORKING_STATES]
    limits = [messages_a_day(account) for account in working]
    known = [limit for limit in limits if limit is not None]
    return PoolSummary(
        size=len(accounts),
        working=len(working),
        a_day=sum(known) if len(known) == len(limits) else None,
        members=tuple(shown),
    )


def count_of(pool: AccountPool) -> PoolSummary:
    """Return a pool's figures as they are now, without its members."""
    return _summary(_accounts_of(pool), shown=())


def messages_a_day(account: Account) -> int | None:
    """Return the messages an account may send in 24 hours; None: nothing limits it."""
    lease = getattr(account, "lease", None)
    learnt = lease.learnt_interval if lease is not None else None
    gaps = [account.min_interval, learnt or 0.0]
    gaps += [
        span / limit
        for span, limit in ((MINUTE, account.per_minute), (HOUR, account.per_hour))
        if limit
    ]
    slowest = max(gaps)
    fitting: Collection[int] = [int(DAY / slowest)] if slowest else []
    limit = daily_limit(account.per_day, account.warm_up_limit)
    return min([*fitting, *([limit] if limit is not None else [])], default=None)


def _member(account: Account) -> PoolMember:
    a_day = messages_a_day(account)
    since = shared.now() - timedelta(seconds=DAY)
    most = 1_000 if a_day is None else min(a_day, 1_000)
    return PoolMember(account, a_day, attempts_since(account, since, most=most))
