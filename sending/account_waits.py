"""Why accounts are not sending: their part of the answer to "why is nothing being sent?".

Each account has at most one reason, the one that must end first. `summarise_waits` puts accounts
with the same kind of reason into one sentence.
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
from accounts.pacing.limits import daily_limit
from accounts.states import STOPPED_STATES, AccountState
from clocks import shared
from foundation.times import clock, span
from sending.code_meanings import code_meaning
from sending.models import Attempt
from sending.states import DeliveryState

#: The sentence for n accounts with the same kind of wait. The sentence of the first one follows.
SUMMARIES: dict[str, Any] = {
    AccountState.QUARANTINED: gettext_lazy("%(n)d accounts are quarantined."),
    AccountState.DISABLED: gettext_lazy("%(n)d accounts are disabled."),
    "resting": gettext_lazy("%(n)d accounts are resting."),
    "login": gettext_lazy("%(n)d accounts are waiting for their next login."),
    "egress": gettext_lazy("%(n)d accounts have no running worker at their egress."),
    "outage": gettext_lazy("%(n)d accounts cannot reach the gateway through their egress."),
    "repeating": gettext_lazy("%(n)d accounts are repeating requests that got no usable answer."),
    "spent": gettext_lazy("%(n)d accounts have reached their sending limit."),
}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wait:
    """Why one account is not sending.

    Attributes:
        kind: a key of SUMMARIES.
        sentence: for the operator.
        until: when the wait ends without an operator, if that is known.
    """

    kind: str
    sentence: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class EgressStatus:
    """The egresses that have a worker, and the open outages, read once for all accounts.

    Attributes:
        worked: the egresses with a worker, by id, with whether each is enabled.
        outages: the open outage of each egress that has one, by the id of the egress.
    """

    worked: dict[int, bool] = field(default_factory=lambda: _worked_egresses())
    outages: dict[int, Outage] = field(default_factory=lambda: _outages())

    def outage_everywhere(self) -> Outage | None:
        """Return the newest outage if no egress with a worker reaches the gateway, else None."""
        if not self.outages or self.worked.keys() - self.outages.keys():
            return None
        return max(self.outages.values(), key=lambda outage: outage.pk)


def find_account_waits(
    *, accounts: QuerySet[Account], egresses: EgressStatus | None = None
) -> dict[str, list[Wait]]:
    """Return why accounts are not sending, by kind of wait. Accounts that can send are left out.

    Args:
        accounts: the accounts to look at.
        egresses: the status of the egresses, if the caller has read it already.
    """
    egresses = egresses or EgressStatus()
    now, repeating = shared.now(), _repeating()
    found: defaultdict[str, list[Wait]] = defaultdict(list)
    free: list[Account] = []
    for account in accounts.select_related("lease", "egress"):
        wait = _wait_of(account, egresses, repeating, now=now)
        if wait is not None:
            found[wait.kind].append(wait)
        else:
            free.append(account)
    for wait in _spent(free, now=now):
        found[wait.kind].append(wait)
    return dict(found)


def summarise_waits(waits: list[Wait]) -> str:
    """Return one sentence for accounts with the same kind of wait; it names the first to end."""
    first = min(waits, key=lambda wait: (wait.until is None, wait.until or shared.now()))
    if len(waits) == 1:
        return first.sentence
    return f"{SUMMARIES[first.kind] % {'n': len(waits)}} {first.sentence}"


def _wait_of(
    account: Account, egresses: EgressStatus, repeating: dict[int, Attempt], *, now: datetime
) -> Wait | None:
    lease = account.lease
    if account.state in STOPPED_STATES:
        return Wait(account.state, _stopped(account))
    if lease.resting_until is not None and lease.resting_until > now:
        return Wait("resting", _rests(account, now), lease.resting_until)
    if account.egress is not None and not egresses.worked.get(account.egress_id or 0):
        return Wait("egress", _unserved(account))
    outage = egresses.outages.get(account.egress_id or lease.egress_id or 0)
    if outage is not None:
        return Wait("outage", _cut_off(account, outage))
    if lease.login_not_before is not None and lease.login_not_before > now:
        return Wait("login", _logs_in_later(account), lease.login_not_before)
    attempt = repeating.get(account.pk)
    if attempt is not None:
        return Wait("repeating", _repeats(account, attempt))
    return None


def _stopped(account: Account) -> str:
    return _("Account %(uin)s has been %(state)s since %(time)s: %(why)s") % {
        "uin": account.uin,
        "state": account.get_state_display(),
        "time": clock(account.state_changed_at),
        "why": account.state_detail or account.get_state_reason_display(),
    }


def _rests(account: Account, now: datetime) -> str:
    until = account.lease.resting_until or now
    sentence = _("Account %(uin)s rests until %(time)s (%(span)s left).") % {
        "uin": account.uin,
        "time": clock(_wall(until)),
        "span": span((until - now).total_seconds()),
    }
    if account.state != AccountState.RESTING:
        return sentence
    why = _("Why: %(reason)s.") % {"reason": account.get_state_reason_display()}
    return f"{sentence} {why}"


def _unserved(account: Account) -> str:
    egress = account.egress
    assert egress is not None
    sentence = (
        _("Account %(uin)s is pinned to egress “%(egress)s”, where no worker is running.")
        if egress.is_enabled
        else _("Account %(uin)s is pinned to egress “%(egress)s”, which is disabled.")
    )
    return sentence % {"uin": account.uin, "egress": egress}


def _cut_off(account: Account, outage: Outage) -> str:
    return _(
        "Account %(uin)s uses egress “%(egress)s”, which has not reached the gateway since "
        "%(time)s: %(why)s Sending resumes automatically."
    ) % {
        "uin": account.uin,
        "egress": outage.egress,
        "time": clock(outage.began_at),
        "why": outage.sentence,
    }


def _logs_in_later(account: Account) -> str:
    failures = account.lease.login_failures
    return ngettext(
        "Account %(uin)s logs in again at %(time)s: its last login failed.",
        "Account %(uin)s logs in again at %(time)s: its last %(n)d logins failed.",
        failures,
    ) % {"uin": account.uin, "time": clock(_wall(account.lease.login_not_before)), "n": failures}


def _repeats(account: Account, attempt: Attempt) -> str:
    return ngettext(
        "Account %(uin)s has repeated its request %(n)d time under the same SEQ since "
        "%(time)s. Last answer: %(code)s.",
        "Account %(uin)s has repeated its request %(n)d times under the same SEQ since "
        "%(time)s. Last answer: %(code)s.",
        attempt.replays,
    ) % {
        "uin": account.uin,
        "n": attempt.replays,
        "time": clock(_wall(attempt.marked_at)),
        "code": code_meaning(attempt.res),
    }


def _spent(accounts: Collection[Account], *, now: datetime) -> list[Wait]:
    """Return the waits of accounts that reached their hourly or daily limit, by their attempts.

    One query for each distinct limit, however many accounts share it.
    """
    found: dict[int, Wait] = {}
    for length, name, words in (
        (DAY, "per_day", _("in a day")),
        (HOUR, "per_hour", _("in an hour")),
    ):
        alike: defaultdict[int, list[int]] = defaultdict(list)
        for account in accounts:
            limit = getattr(account, name)
            if name == "per_day":
                limit = daily_limit(limit, account.warm_up_limit)
            if limit and account.pk not in found:
                alike[limit].append(account.pk)
        for limit, account_ids in alike.items():
            for account in _with_attempt(limit, account_ids, after=now - length):
                until = (account.finished_at or account.marked_at) + length
                found[account.pk] = _spent_wait(account, limit=limit, words=words, until=until)
    return list(found.values())


def _spent_wait(account: Account, *, limit: int, words: str, until: datetime) -> Wait:
    sentence = ngettext(
        "Account %(uin)s has reached its limit of %(n)d message %(span)s; it continues at "
        "%(time)s.",
        "Account %(uin)s has reached its limit of %(n)d messages %(span)s; it continues at "
        "%(time)s.",
        limit,
    )
    return Wait(
        "spent",
        sentence % {"uin": account.uin, "n": limit, "span": words, "time": clock(_wall(until))},
        until,
    )


def _with_attempt(limit: int, account_ids: list[int], *, after: datetime) -> QuerySet[Any, Any]:
    """Return the accounts that made their last `limit` attempts after a time.

    The times of the oldest of these attempts are annotated: once it leaves the period, the account
    may send again.
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


def _worked_egresses() -> dict[int, bool]:
    worked = Egress.objects.filter(workers__in=Worker.objects.living())
    return dict(worked.values_list("pk", "is_enabled"))


def _repeating() -> dict[int, Attempt]:
    """Return by account the attempt that is repeated because no answer to it was definite."""
    in_flight = Attempt.objects.filter(
        delivery__state=DeliveryState.SENDING, finished_at=None, replays__gte=1
    )
    return {attempt.account_id: attempt for attempt in in_flight}


def _outages() -> dict[int, Outage]:
    away = Outage.objects.filter(ended_at=None).select_related("egress")
    return {outage.egress_id: outage for outage in away}


def _wall(at: datetime | None) -> datetime | None:
    """Return a shared time as wall-clock time."""
    return None if at is None else shared.as_wall(at)
