"""The service that puts an account on a schedule of statuses, or takes it off."""

from __future__ import annotations

from typing import Any

from accounts.models import Account
from accounts.status_schedules import StatusSchedule, schedule_now
from clocks import shared
from foundation.times import utc_iso


def set_schedule(*, account: Account, schedule: StatusSchedule | None, by: Any = None) -> None:
    """Put an account on a schedule, or take it off: it then keeps what it shows.

    The next tick shows what the schedule says now (`sending.status_schedule`).

    Args:
        account: the account, in any state; while it is stopped, the schedule waits.
        schedule: the schedule; None takes it off.
        by: the operator, for the history.
    """
    account.status_schedule = schedule.text if schedule is not None else ""
    account.status_zone = schedule.zone if schedule is not None else ""
    account.status_scheduled = ""
    if by is not None:
        account._history_user = by  # type: ignore[attr-defined]
    account.save(update_fields=["status_schedule", "status_zone", "status_scheduled"])


def schedule_of(account: Account) -> Any:
    """Return where an account is in its schedule; None if it has none."""
    return schedule_now(account.status_schedule, account.status_zone, at=shared.wall())


def schedule_sentence(account: Account) -> str:
    """Return what an account's schedule says now, for the outcome of a command."""
    now = schedule_of(account)
    if now is None:
        return ""
    until = f" ({utc_iso(now.until)}: {now.then})" if now.until else ""
    return f"{now.status}{until}"
