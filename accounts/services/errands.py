"""Verbs for errands: what an account's lane is asked to do besides sending."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Account, Errand, ErrandKind, ErrandState
from accounts.states import STOPPED_STATES
from clocks import shared
from foundation.refusals import Refusal


def request_errand(*, account: Account, kind: ErrandKind, by: Any = None) -> Errand:
    """Ask an account's lane to do something; an open request of the same kind is joined.

    Raises:
        Refusal: the account is quarantined or disabled.
    """
    if account.state in STOPPED_STATES:
        raise Refusal(
            _("Account %(uin)s is %(state)s (%(reason)s). Enable it first.")
            % {
                "uin": account.uin,
                "state": account.get_state_display(),
                "reason": account.state_detail or account.get_state_reason_display(),
            },
            code="not_working",
            uin=account.uin,
        )
    try:
        with transaction.atomic():
            return Errand.objects.create(account=account, kind=kind, requested_by=by)
    except IntegrityError:
        return Errand.objects.get(account=account, kind=kind, state=ErrandState.OPEN)


def finish_errand(*, errand_id: int, is_done: bool, outcome: str) -> None:
    """Close an errand with its outcome in words."""
    Errand.objects.filter(pk=errand_id, state=ErrandState.OPEN).update(
        state=ErrandState.DONE if is_done else ErrandState.FAILED,
        outcome=outcome,
        finished_at=shared.wall(),
    )


def fail_open_errands(*, account_id: int, outcome: str) -> None:
    """Close all of an account's errands because it cannot work."""
    Errand.objects.filter(account_id=account_id, state=ErrandState.OPEN).update(
        state=ErrandState.FAILED, outcome=outcome, finished_at=shared.wall()
    )
