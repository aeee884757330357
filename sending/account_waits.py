"""Why accounts do not send at the moment.

Each account has at most one reason, the one that must be removed first. Reports group accounts by
the kind of reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Account, Egress, Outage, Worker
from accounts.states import STOPPED_STATES, AccountState
from clocks import shared
from foundation.times import clock, span
from sending.code_meanings import code_meaning
from sending.models import Attempt
from sending.states import DeliveryState

#: By kind: the sentence for n accounts, shown before the sentence of the first of them.
GROUP_SENTENCES: dict[str, Any] = {
    AccountState.QUARANTINED: gettext_lazy("%(n)d accounts are quarantined."),
    AccountState.DISABLED: gettext_lazy("%(n)d accounts are disabled."),
    "resting": gettext_lazy("%(n)d accounts are resting."),
    "login": gettext_lazy("%(n)d accounts wait before their next login."),
    "egress": gettext_lazy("%(n)d accounts have no running worker."),
    "outage": gettext_lazy("%(n)d accounts cannot reach the gateway from their egress."),
    "repeating": gettext_lazy("%(n)d accounts are repeating requests that got no usable answer."),
    "limit": gettext_lazy("%(n)d accounts have reached their sending limit."),
}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wait:
    """The reason why one account does not send.

    Attributes:
        kind: a key of GROUP_SENTENCES.
        sentence: the reason, for the operator.
        until: when it ends by itself, if that is known; shared time.
    """

    kind: str
    sentence: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """The state around the accounts, read once for all of them."""

    now: datetime = field(default_factory=shared.now)
    serving: set[int] = field(default_factory=lambda: _serving_egresses())
    outages: dict[int, Outage] = field(default_factory=lambda: _outages())
    repeating: dict[int, Attempt] = field(default_factory=lambda: _repeating())


def account_waits(*, accounts: QuerySet[Account]) -> dict[str, list[Wait]]:
    """Return why accounts do not send, by kind. Accounts that can send are left out."""
    around = _Surroundings()
    found: defaultdict[str, list[Wait]] = defaultdict(list)
    sending: list[Account] = []
    for account in accounts.select_related("lease", "egress"):
        wait = _wait_of(account, around)
        if wait is not None:
            found[wait.kind].append(wait)
        else:
            sending.append(account)
    for wait in _limit_reached(sending, now=around.now):
        found[wait.kind].append(wait)
    return dict(found)


def group_sentence(waits: list[Wait]) -> str:
    """Return the sentence for accounts with the same kind of reason."""
    first = min(waits, key=lambda wait: (wait.until is None, wait.until or shared.now()))
    if len(waits) == 1:
        return first.sentence
    return f"{GROUP_SENTENCES[first.kind] % {'n': len(waits)}} {first.sentence}"


def _wait_of(account: Account, around: _Surroundings) -> Wait | None:
    lease = account.lease
    if account.state in STOPPED_STATES:
        return Wait(account.state, _stopped_sentence(account))
    if lease.resting_until is not None and lease.resting_until > around.now:
        return Wait("resting", _rest_sentence(account, around.now), lease.resting_until)
    if account.egress is not None and account.egress_id not in around.serving:
        return Wait("egress", _no_worker_sentence(account))
    outage = around.outages.get(account.egress_id or lease.egress_id or 0)
    if outage is not None:
        return Wait("outage", _outage_sentence(account, outage))
    if lease.login_not_before is not None and lease.login_not_before > around.now:
        return Wait("login", _login_sentence(account), lease.login_not_before)
    attempt = around.repeating.get(account.pk)
    if attempt is not None:
        return Wait("repeating", _repeat_sentence(account, attempt))
    return None


def _stopped_sentence(account: Account) -> str:
    return _("Account %(uin)s is %(state)s, since %(time)s: %(why)s") % {
        "uin": account.uin,
        "state": account.get_state_display(),
        "time": clock(account.state_changed_at),
        "why": account.state_detail or account.get_state_reason_display(),
    }


def _rest_sentence(account: Account, now: datetime) -> str:
    until = account.lease.resting_until or now
    sentence = _("Account %(uin)s rests until %(time)s, for another %(span)s.") % {
        "uin": account.uin,
        "time": clock(_wall(until)),
        "span": span((until - now).total_seconds()),
    }
    if account.state != AccountState.RESTING:
        return sentence
    why = _("Why: %(reason)s.") % {"reason": account.get_state_reason_display()}
    return f"{sentence} {why}"


def _no_worker_sentence(account: Account) -> str:
    egress = account.egress
    assert egress is not None
    sentence = (
        _("Account %(uin)s is pinned to egress “%(egress)s”, where no worker is running.")
        if egress.is_enabled
        else _("Account %(uin)s is pinned to egress “%(egress)s”, which is not in use.")
    )
    return sentence % {"uin": account.uin, "egress": egress}


def _outage_sentence(account: Account, outage: Outage) -> str:
    return _(
        "Account %(uin)s uses the egress “%(egress)s”, from which the gateway has been unreachable "
        "since %(time)s: %(why)s It resumes by itself."
    ) % {
        "uin": account.uin,
        "egress": outage.egress,
        "time": clock(outage.began_at),
        "why": outage.sentence,
    }


def _login_sentence(account: Account) -> str:
    failures = account.lease.login_failures
    return ngettext(
        "Account %(uin)s logs in again at %(time)s: its last login got no usable answer.",
        "Account %(uin)s logs in again at %(time)s: its last %(n)d logins got no usable answer.",
        failures,
    ) % {"uin": account.uin, "time": clock(_wall(account.lease.login_not_before)), "n": failures}


def _repeat_sentence(account: Account, attempt: Attempt) -> str:
    return ngettext(
        "Account %(uin)s has repeated a request %(n)d time under the same SEQ since %(time)s. "
        "Latest result: %(code)s.",
        "Account %(uin)s has repeated a request %(n)d times under the same SEQ since %(time)s. "
        "Latest result: %(code)s.",
        attempt.replays,
    ) % {
        "uin": account.uin,
        "n": attempt.replays,
        "time": clock(_wall(attempt.marked_at)),
        "code": code_meaning(attempt.res),
    }


def _limit_reached(accounts: Collection[Account], *, now: datetime) -> list[Wait]:
    """Return the accounts that have reached their limit per hour or day, from their attempts.

    There is one query for each limit in use, however many accounts have it.
    """
    found: dict[int, Wait] = {}
    for length, name, words in (
        (DAY, "per_day", _("in a day")),
        (HOUR, "per_hour", _("in an hour")),
    ):
        by_limit: defaultdict[int, list[int]] = defaultdict(list)
        for account in accounts:
            limit = getattr(account, name)
            if limit and account.pk not in found:
                by_limit[limit].append(account.pk)
        for limit, account_ids in by_limit.items():
            for account in _at_limit(limit, account_ids, after=now - length):
                until = (account.finished_at or account.marked_at) + length
                found[account.pk] = _limit_wait(account, limit=limit, words=words, until=until)
    return list(found.values())


def _limit_wait(account: Account, *, limit: int, words: str, until: datetime) -> Wait:
    sentence = ngettext(
        "Account %(uin)s has sent the %(n)d message allowed %(span)s. It resumes at %(time)s.",
        "Account %(uin)s has sent the %(n)d messages allowed %(span)s. It resumes at %(time)s.",
        limit,
    )
    return Wait(
        "limit",
        sentence % {"uin": account.uin, "n": limit, "span": words, "time": clock(until)},
        until,
    )


def _at_limit(limit: int, account_ids: list[int], *, after: datetime) -> QuerySet[Any, Any]:
    """Return the accounts that made at least `limit` attempts after a time.

    Each comes with `marked_at` and `finished_at` of its `limit`-th newest attempt: when that
    attempt leaves the window, the account may send again.
    """
    nth = Attempt.objects.filter(account=OuterRef("pk")).order_by("-seq")
    found: QuerySet[Any, Any] = (
        Account.objects.filter(pk__in=account_ids)
        .annotate(
            marked_at=Subquery(nth.values("marked_at")[limit - 1 : limit]),
            finished_at=Subquery(nth.values("finished_at")[limit - 1 : limit]),
        )
        .filter(marked_at__gt=after)
    )
    return found


def _serving_egresses() -> set[int]:
    in_use = Egress.objects.filter(is_enabled=True, workers__in=Worker.objects.living())
    return set(in_use.values_list("pk", flat=True))


def _repeating() -> dict[int, Attempt]:
    """Return by account id the open attempt that is being repeated."""
    in_flight = Attempt.objects.filter(
        delivery__state=DeliveryState.SENDING, finished_at=None, replays__gte=1
    )
    return {attempt.account_id: attempt for attempt in in_flight}


def _outages() -> dict[int, Outage]:
    away = Outage.objects.filter(ended_at=None).select_related("egress")
    return {outage.egress_id: outage for outage in away}


def _wall(at: datetime | None) -> datetime | None:
    """Return a moment of the shared time as wall time."""
    return None if at is None else shared.as_wall(at)
