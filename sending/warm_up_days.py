"""The service that counts the days of accounts that warm up; see docs/decisions/0028-warm-up.md.

A day is judged by its attempts once its 24 hours are over. Until then its limit holds, so a tick
that is late makes an account slower, never faster.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import Account, WarmUp
from accounts.warm_ups import DAY, lift_warm_up_limit, note_warm_up
from clocks import shared
from foundation.fault_isolation import run_each
from foundation.sentences import Sentence as _
from sending.ledger.sql import NEVER_LEFT
from sending.models import AccountAction, Attempt, PolicyAction, PolicyCommand
from sending.policies import PolicyTable, load_policies

#: A day with fewer attempts is not judged by its codes, unless its limit is lower.
FEWEST_ATTEMPTS = 20
#: The most attempts that are read for one account.
MOST_ATTEMPTS = 20_000


def advance_warm_ups() -> None:
    """Judge every day of warm-up that is over. Idempotent."""
    due = list(WarmUp.objects.filter(day_began_at__lte=shared.earliest() - DAY).order_by("pk"))
    if due:
        policies = load_policies()
        run_each(
            due,
            do=lambda warm_up: _advance(warm_up.pk, policies),
            # Its limit stays, and the next tick tries again.
            on_failure=lambda _warm_up, _problem: None,
            step="A day of warm-up",
        )


def is_bad(policies: PolicyTable, code: str) -> bool:
    """Return whether a code says that the gateway has had enough of the account.

    That is RES=3, a refusal, and whatever else makes an account rest or quarantines it. Only
    definite answers count (rule 9).
    """
    if not code.removeprefix("-").isdigit():
        return False
    policy = policies.find(command=PolicyCommand.MESSAGE, code=code)
    return policy.action == PolicyAction.FAIL or policy.account_action in (
        AccountAction.REST,
        AccountAction.QUARANTINE,
    )


def _advance(account_id: int, policies: PolicyTable) -> None:
    with transaction.atomic():
        account = Account.objects.select_for_update().get(pk=account_id)
        warm_up = WarmUp.objects.select_related("curve").filter(pk=account_id).first()
        if warm_up is None:
            return
        over = int((shared.earliest() - warm_up.day_began_at) / DAY)
        if over < 1:
            return  # another process judged the day before this one got the lock
        attempts = _attempts(warm_up, days=over)
        for number in range(over):
            codes = attempts.get(number, [])
            if codes:
                bad = sum(1 for code in codes if is_bad(policies, code))
                _judge(account, warm_up, attempts=len(codes), bad=bad)
            limit = warm_up.curve.limit_on(warm_up.day)
            if limit is None:
                _finish(account, warm_up)
                return
        warm_up.day_began_at += over * DAY
        warm_up.save(update_fields=["day", "bad_days", "day_began_at"])
        Account.objects.filter(pk=account_id).update(warm_up_limit=limit)


def _attempts(warm_up: WarmUp, *, days: int) -> dict[int, list[str]]:
    """Return the codes of the attempts on each day that is over, by its number from 0 on.

    The newest attempts are read by their unique index. A day has at most as many as its limit.
    """
    most = min(MOST_ATTEMPTS, (days + 1) * (max(warm_up.curve.limits) + 1))
    rows = Attempt.objects.filter(account_id=warm_up.pk).order_by("-seq")
    found: dict[int, list[str]] = {}
    for marked_at, code in rows.values_list("marked_at", "res")[:most]:
        if marked_at >= warm_up.day_began_at and code not in NEVER_LEFT:
            found.setdefault(_day(warm_up.day_began_at, marked_at), []).append(code)
    return found


def _day(began_at: datetime, at: datetime) -> int:
    return int((at - began_at) / DAY)


def _judge(account: Account, warm_up: WarmUp, *, attempts: int, bad: int) -> None:
    """Advance a day, or stay, or after bad days in a row go back one; say why in the timeline."""
    curve, day = warm_up.curve, warm_up.day
    enough = min(FEWEST_ATTEMPTS, curve.limit_on(day) or FEWEST_ATTEMPTS)
    if attempts < enough or 100 * bad <= curve.worst_percent * attempts:
        warm_up.day, warm_up.bad_days = day + 1, 0
        return
    warm_up.bad_days += 1
    values = {"bad": bad, "attempts": attempts, "percent": curve.worst_percent, "day": day}
    if warm_up.bad_days == 1 or day == 1:
        sentence = _(
            "Its warm-up stays on day %(day)d: %(bad)d of %(attempts)d messages that day ended "
            "with bad codes, more than %(percent)d %%."
        )
    else:
        warm_up.day = day - 1
        values["day"] = day - 1
        sentence = _(
            "Its warm-up goes back to day %(day)d: again %(bad)d of %(attempts)d messages in a day "
            "ended with bad codes, more than %(percent)d %%."
        )
    note_warm_up(account, sentence % values)


def _finish(account: Account, warm_up: WarmUp) -> None:
    detail = _("Its warm-up by “%(curve)s” is over after %(days)d days: its own limits apply.")
    values = {"curve": warm_up.curve.name, "days": warm_up.curve.days}
    warm_up.delete()
    lift_warm_up_limit(account, detail=detail % values)
