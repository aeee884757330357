"""Accounts that follow a schedule of statuses: shown, logged out when nothing is owed, logged in.

A tick compares what each schedule says now with what it said when it was last followed, so a tick
that is late, missed or repeated does no harm, and neither does a clock that was set. What an
operator chooses by hand holds until the schedule's next change. The requests are account tasks: a
status is shown between messages, and a logout is requested only while nothing is owed.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.account_tasks import request_account_task
from accounts.models import Account, AccountTask, AccountTaskKind, Session
from accounts.show_status import show_status
from accounts.status_schedules import LOGGED_OUT, STATUSES, StatusSchedule, stored_schedule
from clocks import shared
from foundation.fault_isolation import run_each
from foundation.refusals import Refusal
from sending.models import Delivery, Run
from sending.runs.windows import load_quiet_hours, sending_times
from sending.wake_ups.wake import wake_lanes

#: Accounts that change at one tick: the others follow at the next ones, in waves.
MOST_A_TICK = 200
#: An account that has logged in stays for so long, so that a conversation is not cut into logins.
STAYS = timedelta(minutes=5)


def follow_schedules() -> None:
    """Have accounts show what their schedules say. Idempotent."""
    now = shared.wall()
    rows = Account.objects.working().exclude(status_schedule="").defer("credential")
    wanted: dict[tuple[str, str], str] = {}
    changed: list[tuple[Account, str]] = []
    out: set[int] = set()
    for account in rows.order_by("pk").iterator():
        key = account.status_schedule, account.status_zone
        if key not in wanted:
            wanted[key] = _schedule(account).status_at(now)
        if wanted[key] == LOGGED_OUT:
            out.add(account.pk)
        if wanted[key] != account.status_scheduled and len(changed) < MOST_A_TICK:
            changed.append((account, wanted[key]))
    run_each(
        changed,
        do=lambda one: _follow(*one),
        on_failure=lambda _one, _problem: None,  # the next tick tries again
        step="The schedule of an account",
    )
    woken = {account.pk for account, _status in changed} | _log_out(out, now)
    if woken:
        wake_lanes(account_ids=sorted(woken))


def _schedule(account: Account) -> StatusSchedule:
    schedule = stored_schedule(account.status_schedule, account.status_zone)
    assert schedule is not None
    return schedule


def _follow(account: Account, status: str) -> None:
    """Show a status, and log in if the schedule had the account logged out."""
    was_out = account.status_scheduled == LOGGED_OUT or (
        not account.status_scheduled and _schedule(account).logs_out
    )
    with transaction.atomic():
        followed = Account.objects.filter(
            pk=account.pk,
            status_schedule=account.status_schedule,
            status_scheduled=account.status_scheduled,
        ).update(status_scheduled=status)
        if not followed or status == LOGGED_OUT:
            return  # changed meanwhile; or logged out as soon as nothing is owed
        if account.presence != STATUSES[status]:
            show_status(account=account, status=STATUSES[status])
        if was_out and not Session.objects.filter(account=account, ended_at=None).exists():
            request_account_task(account=account, kind=AccountTaskKind.LOGIN)


def _log_out(account_ids: Collection[int], now: datetime) -> set[int]:
    """Request the logout of those of these accounts that are logged in and owe nothing."""
    if not account_ids:
        return set()
    sessions = Session.objects.filter(ended_at=None, opened_at__lte=now - STAYS)
    tasks = AccountTask.objects.open().filter(account=OuterRef("account"))
    idle = sessions.exclude(Exists(tasks)).exclude(Exists(_owed(now)))
    chosen: set[int] = set()
    for account_id in idle.order_by("pk").values_list("account_id", flat=True):
        if account_id in account_ids and len(chosen) < MOST_A_TICK:
            chosen.add(account_id)
    for account in Account.objects.filter(pk__in=chosen).defer("credential"):
        try:
            request_account_task(account=account, kind=AccountTaskKind.LOGOUT)
        except Refusal:
            continue  # it was stopped meanwhile, which logs it out for good
    return chosen


def _owed(now: datetime) -> QuerySet[Delivery]:
    """Return what the session's account still has to send now.

    Each part is a look-up in a partial index (`delivery_next`, `delivery_in_flight`).
    """
    quiet = load_quiet_hours()
    running = [run for run in Run.objects.running() if sending_times(run, quiet=quiet).is_open(now)]
    # The rest of a test waits for the choice of a variant, which may take days.
    holding = [run.pk for run in running if run.holds_rest]
    mine = Delivery.objects.filter(account=OuterRef("account"))
    pending = mine.pending().filter(run_id__in=[run.pk for run in running])
    if holding:
        pending = pending.filter(Q(rank__gte=0) | ~Q(run_id__in=holding))
    return mine.in_flight() | pending
