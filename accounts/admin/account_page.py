"""The data above the form on an account's page: health, pace, session, the last result codes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Prefetch, Q

from accounts.keep_schedules import schedule_of
from accounts.models import Account, AccountPool, AccountTask, Outage, Session
from accounts.warm_ups import progress_of
from clocks import shared

#: The number of newest attempts that the page reads; the list of attempts has all of them.
NEWEST_ATTEMPTS = 4_000
#: The number of newest result codes that are shown.
NEWEST_CODES = 20


def summary_context(account_id: int) -> dict[str, Any]:
    """Return what the summary template shows; empty if there is no such account."""
    account = (
        Account.objects.filter(pk=account_id)
        .select_related("egress", "lease__egress", "lease__worker")
        .prefetch_related(
            Prefetch(
                "sessions", Session.objects.filter(ended_at=None).select_related("egress"), "open"
            )
        )
        .defer("credential")
        .first()
    )
    if account is None:
        return {}
    lease = getattr(account, "lease", None)
    waits = {name: getattr(lease, name, None) for name in ("resting_until", "login_not_before")}
    return {
        "account": account,
        "lease": lease,
        **{name: at and shared.as_wall(at) for name, at in waits.items()},
        "open_session": next(iter(account.open), None),
        "outage": _outage_of(account),
        "is_egress_served": _is_served(account),
        "warm_up": progress_of(account),
        "schedule": schedule_of(account),
        "pools": _pools_of(account),
        "open_account_tasks": AccountTask.objects.filter(account=account, state="open"),
        **_sending(account, now=shared.now()),
    }


def _pools_of(account: Account) -> list[AccountPool]:
    """Return the pools that the account is in, by hand or by a label."""
    labels = account.labels.values("pk")
    mine = AccountPool.objects.filter(Q(accounts=account) | Q(labels__in=labels))
    return list(mine.filter(archived_at=None).distinct().order_by("name"))


def _outage_of(account: Account) -> Outage | None:
    """Return the open outage of the account's egress, if there is one."""
    lease = getattr(account, "lease", None)
    egress_id = account.egress_id or (lease.egress_id if lease is not None else None) or 0
    return Outage.objects.filter(ended_at=None, egress_id=egress_id).first()


def _is_served(account: Account) -> bool:
    """Return whether a living worker serves the account's pinned egress; True if it has none."""
    if account.egress is None:
        return True
    return account.egress.is_enabled and account.egress.workers.living().exists()


def _sending(account: Account, *, now: datetime) -> dict[str, Any]:
    """Return how many messages were sent lately, and the last codes, from the newest attempts.

    Attempts belong to the app `sending` above; the reverse relation reads them without an import.
    """
    newest: list[tuple[str, datetime]] = list(
        account.attempts.order_by("-seq").values_list("res", "marked_at")[:NEWEST_ATTEMPTS]
    )
    used = [
        (span, sum(1 for _, at in newest if at >= since))
        for span, since in [
            ("minute", now - timedelta(minutes=1)),
            ("hour", now - timedelta(hours=1)),
            ("day", now - timedelta(days=1)),
        ]
    ]
    return {
        "used": dict(used),
        "is_day_cut": dict(used)["day"] == NEWEST_ATTEMPTS,
        "newest_codes": [(res, shared.as_wall(at)) for res, at in newest[:NEWEST_CODES]],
    }
