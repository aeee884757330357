"""Errands from a terminal: ask the accounts' lanes, wait, and say what became of each."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import Account, Errand, ErrandKind, ErrandState, Worker
from accounts.services.errands import request_errand
from accounts.services.hints import wake_reconciler
from accounts.services.outages import open_outages
from foundation.refusals import Refusal

#: Pause between two looks at the open errands, seconds.
LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of what was asked of one account, in words."""

    account_id: int
    is_done: bool
    sentence: str


def carry_out(*, accounts: Sequence[Account], kind: ErrandKind, timeout: float) -> list[Outcome]:
    """Ask every account for an errand and wait until all are over, at most `timeout` seconds.

    An account that no living worker serves is answered for at once: nobody would do its errand.
    """
    served = set(
        Worker.objects.living()
        .exclude(pk__in=Worker.objects.silent())
        .values_list("egress_id", flat=True)
    )
    outcomes: dict[int, Outcome] = {}
    errands: dict[int, Errand] = {}
    for account in accounts:
        sentence = _unserved(account, served)
        try:
            if not sentence:
                errands[account.pk] = request_errand(account=account, kind=kind)
        except Refusal as refusal:
            sentence = refusal.sentence
        if sentence:
            outcomes[account.pk] = Outcome(account.pk, False, sentence)
    if errands:
        wake_reconciler()
    outcomes |= _wait(errands, timeout=timeout)
    return [outcomes[account.pk] for account in accounts]


def _unserved(account: Account, served: set[int]) -> str:
    """Return why nobody would do an account's errand, or nothing."""
    if not served:
        return _("No worker is running: start one (make run, or manage.py up).")
    if account.egress is not None and account.egress_id not in served:
        return _(
            "No worker is running for the egress “%(egress)s” this account is pinned to: start "
            "one with EGRESS_NAME=%(egress)s, or pin the account to another egress."
        ) % {"egress": account.egress.name}
    return ""


def _wait(errands: dict[int, Errand], *, timeout: float) -> dict[int, Outcome]:
    outcomes: dict[int, Outcome] = {}
    deadline = time.monotonic() + timeout
    open_ids = {errand.pk: account_id for account_id, errand in errands.items()}
    while open_ids:
        ended = Errand.objects.filter(pk__in=list(open_ids)).exclude(state=ErrandState.OPEN)
        for errand in ended:
            account_id = open_ids.pop(errand.pk)
            outcomes[account_id] = Outcome(
                account_id, errand.state == ErrandState.DONE, errand.outcome
            )
        if not open_ids or time.monotonic() >= deadline:
            break
        time.sleep(LOOK_SECONDS)
    late = _("Not done within %(seconds)g s; it is still asked for.") % {"seconds": timeout}
    outages = open_outages() if open_ids else {}
    for account in Account.objects.filter(pk__in=open_ids.values()):
        # An account that is pinned to no egress may be anywhere: any outage may be the reason.
        of_mine = outages.get(account.egress_id) if account.egress_id else _any_of(outages)
        outcomes[account.pk] = Outcome(account.pk, False, f"{late} {of_mine or ''}".rstrip())
    return outcomes


def _any_of(sentences: dict[int, str]) -> str:
    return next(iter(sentences.values()), "")
