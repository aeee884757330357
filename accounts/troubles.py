"""What is wrong with accounts: conditions by which a list of them is filtered and counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Session, Worker
from accounts.pacing.limits import DAY, HOUR, daily_limit
from accounts.states import WORKING_STATES, AccountState
from clocks import shared

#: Bad codes: at least so many of the last so many messages were not accepted today.
BAD_LEAST, BAD_OF_LAST = 3, 50
#: Friend lists are read every day: one that is older was missed.
FRIENDS_OLD_AFTER = timedelta(days=2)
#: An account without a login for so long.
LOGIN_OLD_AFTER = timedelta(days=7)
#: Seconds for which the accounts at their quota are cached: they are looked up limit by limit.
QUOTA_SECONDS = 20


class Trouble(StrEnum):
    """What can be wrong with an account."""

    NEEDS_SOMEBODY = "needs-somebody"
    RESTING = "resting"
    AT_QUOTA = "at-quota"
    OFFLINE = "offline"
    BAD_CODES = "bad-codes"
    OLD_FRIENDS = "old-friends"
    NO_LOGIN = "no-login"


TROUBLE_WORDS: dict[Trouble, Any] = {
    Trouble.NEEDS_SOMEBODY: _("needs somebody"),
    Trouble.RESTING: _("resting"),
    Trouble.AT_QUOTA: _("at its quota"),
    Trouble.OFFLINE: _("offline"),
    Trouble.BAD_CODES: _("bad codes today"),
    Trouble.OLD_FRIENDS: _("friend list old"),
    Trouble.NO_LOGIN: _("no login lately"),
}
TROUBLE_SENTENCES: dict[Trouble, Any] = {
    Trouble.NEEDS_SOMEBODY: _(
        "In quarantine, or pinned to an egress that is not in use or has no worker: they stay so "
        "until somebody does something."
    ),
    Trouble.RESTING: _("They stay logged in and send nothing until their rest is over."),
    Trouble.AT_QUOTA: _(
        "They sent as many messages as their hour or day allows, and go on by themselves."
    ),
    Trouble.OFFLINE: _("They are not logged in. They log in when something is owed."),
    Trouble.BAD_CODES: _(
        "Of their last 50 messages, three or more of today were not accepted by the gateway."
    ),
    Trouble.OLD_FRIENDS: _(
        "Their friend lists were never read, or not in the last two days: people may be missed."
    ),
    Trouble.NO_LOGIN: _("They did not log in for a week."),
}


def with_trouble(accounts: QuerySet[Any], trouble: Trouble) -> QuerySet[Any]:
    """Return those of the accounts with which this is wrong."""
    return accounts.filter(_CONDITIONS[trouble]())


def count_troubles(accounts: QuerySet[Any]) -> dict[Trouble, int]:
    """Return how many of the accounts have each trouble, in one statement over them.

    Bad codes and logins are looked up for each account by the end of an index: a few rows each.
    """
    counts = {
        trouble.name: Count("pk", filter=condition(), distinct=True)
        for trouble, condition in _CONDITIONS.items()
    }
    found = accounts.order_by().aggregate(**counts)
    return {trouble: found[trouble.name] for trouble in Trouble}


def _needs_somebody() -> Q:
    living = Worker.objects.living().filter(egress=OuterRef("egress"))
    is_unserved = Q(egress__is_enabled=False) | Q(~Exists(living))
    pinned = Q(state__in=WORKING_STATES, egress__isnull=False)
    return Q(state=AccountState.QUARANTINED) | (pinned & is_unserved)


def _bad_codes() -> Q:
    """Of the last BAD_OF_LAST SEQs, which nearly all are messages; attempts are in an app above."""
    attempts: Any = Account._meta.get_field("attempts").related_model
    own = attempts.objects.filter(account=OuterRef("pk"))
    # Of the account and not of the attempt, so that it is looked up once an account.
    newest = attempts.objects.filter(account=OuterRef(OuterRef("pk"))).order_by("-seq")
    midnight = timezone.localtime(shared.wall()).replace(hour=0, minute=0, second=0, microsecond=0)
    bad = (
        own.filter(
            seq__gt=Subquery(newest.values("seq")[:1]) - BAD_OF_LAST, marked_at__gte=midnight
        )
        .exclude(res__in=("", "0"))
        .order_by()
        .values("account")
        .annotate(n=Count("pk"))
        .filter(n__gte=BAD_LEAST)
    )
    return Q(Exists(bad))


def _old_friends() -> Q:
    old = Q(friends_synced_at=None)
    old |= Q(friends_synced_at__lt=shared.wall() - FRIENDS_OLD_AFTER)
    return Q(state__in=WORKING_STATES) & old


def _no_login() -> Q:
    since = shared.now() - LOGIN_OLD_AFTER
    lately = Session.objects.filter(account=OuterRef("pk"))
    lately = lately.filter(Q(ended_at=None) | Q(opened_at__gte=since))
    return Q(state__in=WORKING_STATES) & ~Q(Exists(lately))


def _at_quota() -> Q:
    keys: Any = cache.get_or_set("accounts-at-quota", accounts_at_quota, QUOTA_SECONDS)
    return Q(pk__in=keys)


def accounts_at_quota() -> list[int]:
    """Return the keys of the working accounts that used up the limit of an hour or a day.

    One statement for each distinct limit: the time of the account's n-th newest attempt, by the
    unique index over (account, seq). Accounts whose newest attempt is older are left out first.
    """
    limited = Account.objects.working().exclude(per_hour=None, per_day=None, warm_up_limit=None)
    alike: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    columns = limited.values_list("pk", "per_hour", "per_day", "warm_up_limit")
    for key, per_hour, per_day, warm_up in columns:
        for seconds, limit in ((HOUR, per_hour), (DAY, daily_limit(per_day, warm_up))):
            if limit:
                alike[seconds, limit].append(key)
    found: set[int] = set()
    for (seconds, limit), keys in alike.items():
        since = shared.now() - timedelta(seconds=seconds)
        rows = Account.objects.filter(pk__in=keys)
        for n in (1, limit):
            rows = rows.annotate(**{f"at_{n}": _nth_attempt(n)}).filter(**{f"at_{n}__gt": since})
        found.update(rows.values_list("pk", flat=True))
    return sorted(found)


def _nth_attempt(n: int) -> Subquery:
    """Return when an account's n-th newest attempt was marked; NULL with fewer attempts."""
    attempts: Any = Account._meta.get_field("attempts").related_model
    newest = attempts.objects.filter(account=OuterRef("pk")).order_by("-seq")
    return Subquery(newest.values("marked_at")[n - 1 : n])


_CONDITIONS: dict[Trouble, Callable[[], Q]] = {
    Trouble.NEEDS_SOMEBODY: _needs_somebody,
    Trouble.RESTING: lambda: Q(state=AccountState.RESTING),
    Trouble.AT_QUOTA: _at_quota,
    Trouble.OFFLINE: lambda: Q(state=AccountState.OFFLINE),
    Trouble.BAD_CODES: _bad_codes,
    Trouble.OLD_FRIENDS: _old_friends,
    Trouble.NO_LOGIN: _no_login,
}
