"""Requesting account tasks and waiting for their outcomes, for the command `accounts`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.account_tasks import request_account_task
from accounts.gateway.outages import open_outages
from accounts.models import Account, AccountTask, AccountTaskKind, AccountTaskState, Worker
from accounts.wake_ups import wake_reconciler
from foundation.refusals import Refusal

#: Seconds between two polls of the open account tasks.
POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of an action on one account.

    Attributes:
        account_id: the account.
        is_done: whether the action succeeded.
        sentence: the outcome, for the operator.
    """

    account_id: int
    is_done: bool
    sentence: str


def carry_out(
    *, accounts: Sequence[Account], kind: AccountTaskKind, timeout: float
) -> list[Outcome]:
    """Request a task of every account, wait for them, and return the outcomes in the same order.

    For an account that no living worker serves, no task is requested: no lane would carry it out.

    Args:
        accounts: the accounts.
        kind: the task.
        timeout: the most seconds to wait; tasks that are not closed by then stay open.
    """
    served = set(
        Worker.objects.living()
        .exclude(pk__in=Worker.objects.silent())
        .values_list("egress_id", flat=True)
    )
    outcomes: dict[int, Outcome] = {}
    account_tasks: dict[int, AccountTask] = {}
    for account in accounts:
        sentence = _unserved(account, served)
        try:
            if not sentence:
                account_tasks[account.pk] = request_account_task(account=account, kind=kind)
        except Refusal as refusal:
            sentence = refusal.sentence
        if sentence:
            outcomes[account.pk] = Outcome(account.pk, False, sentence)
    if account_tasks:
        wake_reconciler()
    outcomes |= _wait(account_tasks, timeout=timeout)
    return [outcomes[account.pk] for account in accounts]


def _unserved(account: Account, served: set[int]) -> str:
    """Return why no worker would carry out an account's task, "" if one would."""
    if not served:
        return _("No worker is running: start one (make run, or manage.py up).")
    if account.egress is not None and account.egress_id not in served:
        return _(
            "No worker is running for the egress “%(egress)s” this account is pinned to: start "
            "one with EGRESS_NAME=%(egress)s, or pin the account to another egress."
        ) % {"egress": account.egress.name}
    return ""


def _wait(account_tasks: dict[int, AccountTask], *, timeout: float) -> dict[int, Outcome]:
    outcomes: dict[int, Outcome] = {}
    deadline = time.monotonic() + timeout
    open_ids = {account_task.pk: account_id for account_id, account_task in account_tasks.items()}
    while open_ids:
        ended = AccountTask.objects.filter(pk__in=list(open_ids)).exclude(
            state=AccountTaskState.OPEN
        )
        for account_task in ended:
            account_id = open_ids.pop(account_task.pk)
            outcomes[account_id] = Outcome(
                account_id, account_task.state == AccountTaskState.DONE, account_task.outcome
            )
        if not open_ids or time.monotonic() >= deadline:
            break
        time.sleep(POLL_SECONDS)
    late = _("Not done within %(seconds)g s; the request stays open.") % {"seconds": timeout}
    outages = open_outages() if open_ids else {}
    for account in Account.objects.filter(pk__in=open_ids.values()):
        # An account without a pinned egress may use any: each open outage may be the reason.
        outage = outages.get(account.egress_id) if account.egress_id else _any_of(outages)
        outcomes[account.pk] = Outcome(account.pk, False, f"{late} {outage or ''}".rstrip())
    return outcomes


def _any_of(sentences: dict[int, str]) -> str:
    return next(iter(sentences.values()), "")
