"""The health of each account of a page of the list: its last codes, its pace and its quota."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.models import Account
from accounts.pacing.limits import daily_limit
from accounts.querysets.newest_attempts import attempts_since, newest_attempts
from clocks import shared

#: The newest attempts that are read of an account, those shown as dots, and the most that are
#: counted of a day.
NEWEST, DOTS, MOST_OF_A_DAY = 60, 10, 2_000


@dataclass(frozen=True, slots=True)
class Health:
    """What an account did lately.

    Args:
        codes: its newest result codes, the newest first.
        minute: its messages of the last minute; at most NEWEST are seen.
        possible: the messages a minute that its pace allows.
        day: its messages of the last 24 hours, None if it has no limit a day.
        limit: that limit.
    """

    codes: list[str]
    minute: int
    possible: int
    day: int | None = None
    limit: int | None = None

    @property
    def minute_percent(self) -> float:
        """How much of its pace it used."""
        return min(100.0, 100 * self.minute / self.possible) if self.possible else 0.0

    @property
    def day_percent(self) -> float:
        """How much of the day's limit is used."""
        return min(100.0, 100 * (self.day or 0) / self.limit) if self.limit else 0.0


class AccountHealth:
    """Mixin of AccountAdmin: the columns of the list, read with two statements for a page."""

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Return the list, each account of its page with its health."""
        found = super().get_changelist_instance(request)  # type: ignore[misc]
        rows = list(found.result_list)
        for account, health in zip(rows, healths_of(rows), strict=True):
            account.lately = health
        found.result_list = rows
        return found

    @display(description=_("last codes"))
    def codes(self, account: Any) -> str:
        """Return the newest codes as dots."""
        return _dots(tuple(account.lately.codes[:DOTS]))


@lru_cache(maxsize=1_000)
def _dots(codes: tuple[str, ...]) -> str:
    """Return codes as dots: most accounts of a page have the same."""
    return render_to_string("console/account/dots.html", {"codes": codes})


def healths_of(accounts: list[Account]) -> list[Health]:
    """Return the health of each account."""
    attempts: Any = Account._meta.get_field("attempts").related_model
    now = shared.now()
    newest = newest_attempts(
        attempts,
        most={account.pk: NEWEST for account in accounts},
        since=now - timedelta(minutes=1),
    )
    limits = {
        account.pk: limit
        for account in accounts
        if (limit := daily_limit(account.per_day, account.warm_up_limit)) is not None
    }
    today = attempts_since(
        attempts,
        most={key: min(limit, MOST_OF_A_DAY) for key, limit in limits.items()},
        since=now - timedelta(days=1),
    )
    return [
        Health(
            codes=[code for code, _is_new in newest[account.pk]],
            minute=sum(is_new for _code, is_new in newest[account.pk]),
            possible=_possible(account),
            day=today.get(account.pk),
            limit=limits.get(account.pk),
        )
        for account in accounts
    ]


def _possible(account: Account) -> int:
    """Return the messages a minute that the gap, set or learnt, and the limit allow."""
    lease = getattr(account, "lease", None)
    gap = max(account.min_interval, (lease.learnt_interval or 0.0) if lease else 0.0)
    by_gap = int(60 / gap) if gap > 0 else NEWEST
    return max(1, min(by_gap, account.per_minute or by_gap, NEWEST))
