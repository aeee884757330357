"""Requesting account tasks and waiting for their outcomes, for commands."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.gateway.outages import open_outages
from accounts.models import Account, AccountTask, AccountTaskState, Worker
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
        is_open: whether it was not done in time, and may still be done.
    """

    account_id: int
    is_done: bool
    sentence: str
    is_open: bool = False


def carry_out(
    *,
    accounts: Sequence[Account],
    request: Callable[[Account], AccountTask | None],
    timeout: float,
    needs_worker: bool = True,
) -> list[Outcome]:
    """Request a task of every account, wait for them, and return the outcomes in the same order.

    Args:
        accounts: the accounts.
        request: requests the task of an account; None if there is nothing for its lane to do.
        timeout: seconds to wait for all of them together.
        needs_worker: whether nothing is requested of an account that no living worker serves,
            because no lane would carry it out.
    """
    served = served_egresses()
    outcomes: dict[int, Outcome] = {}
    requested: dict[int, AccountTask] = {}
    for account in accounts:
        sentence = unserved(account, served) if needs_worker else ""
        try:
            account_task = None if sentence else request(account)
        except Refusal as refusal:
            account_task, sentence = None, refusal.sentence
        if account_task is not None:
            requested[account.pk] = account_task
        else:
            outcomes[account.pk] = Outcome(account.pk, not sentence, sentence or _("Done."))
    by_task = wait_for_tasks(list(requested.values()), timeout=timeout)
    outcomes |= {account_id: by_task[task.pk] for account_id, task in requested.items()}
    return [outcomes[account.pk] for account in accounts]


def served_egresses() -> set[int]:
    """Return the egresses that a living worker serves."""
    living = Worker.objects.living().exclude(pk__in=Worker.objects.silent())
    return set(living.values_list("egress_id", flat=True))


def unserved(account: Account, served: set[int]) -> str:
    """Return why no worker would carry out an account's task, "" if one would."""
    if not served:
        return _("No worker is running: start one (make run, or manage.py up).")
    if account.egress is not None and account.egress_id not in served:
        return _(
            "No worker is running for the egress “%(egress)s” this account is pinned to: start "
            "one with EGRESS_NAME=%(egress)s, or pin the account to another egress."
        ) % {"egress": account.egress.name}
    return ""


def wait_for_tasks(account_tasks: Sequence[AccountTask], *, timeout: float) -> dict[int, Outcome]:
    """Wake the lanes, wait until the tasks have ended, and return the outcomes by task."""
    outcomes: dict[int, Outcome] = {}
    deadline = time.monotonic() + timeout
    open_ids = {account_task.pk: account_task.account_id for account_task in account_tasks}
    if open_ids:
        wake_reconciler()
    while open_ids:
        ended = AccountTask.objects.filter(pk__in=list(open_ids)).exclude(
            state=AccountTaskState.OPEN
        )
        for account_task in ended:
            outcomes[account_task.pk] = Outcome(
                open_ids.pop(account_task.pk),
                account_task.state == AccountTaskState.DONE,
                account_task.outcome,
            )
        if not open_ids or time.monotonic() >= deadline:
            break
        time.sleep(POLL_SECONDS)
    late = _("Not done within %(seconds)g s; the request stays open.") % {"seconds": timeout}
    outages = open_outages() if open_ids else {}
    accounts = Account.objects.in_bulk(list(set(open_ids.values())))
    for task_id, account_id in open_ids.items():
        # An account without a pinned egress may use any: each open outage may be the reason.
        egress_id = accounts[account_id].egress_id
        outage = outages.get(egress_id) if egress_id else _any_of(outages)
        outcomes[task_id] = Outcome(account_id, False, f"{late} {outage or ''}".rstrip(), True)
    return outcomes


def _any_of(sentences: dict[int, str]) -> str:
    return next(iter(sentences.values()), "")
