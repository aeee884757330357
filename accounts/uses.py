"""What uses accounts and egresses in this app, and how they are taken out of use instead."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy

from accounts.models import Account, AccountPool, Egress, WarmUpCurve, Worker
from accounts.states import AccountState
from accounts.transitions import disable_account
from foundation.archiving import Retirement, register_retirement
from foundation.deletion import Uses, quoted_names, register_uses_finder
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from labels.models import Label


def uses_of_account(account: Account) -> Uses:
    """Return why an account is kept: the inbox refers to it."""
    if account.inbound_messages.exists():
        return Uses(
            blocking=(_("The inbox holds messages that the account received. Disable it instead."),)
        )
    return Uses(losing=(_("Its credential, friend list, logins and timeline are deleted."),))


def uses_of_egress(egress: Egress) -> Uses:
    """Return the workers and accounts that need an egress."""
    blocking = []
    if Worker.objects.living().filter(egress=egress).exists():
        blocking.append(_("A worker uses it now. Stop the worker first."))
    pinned = Account.objects.filter(egress=egress)
    if pinned.exists():
        blocking.append(
            _("These accounts are pinned to it: %(names)s. Pin them to another egress first.")
            % {"names": quoted_names(pinned)}
        )
    if egress.workers.exists() or egress.sessions.exists():
        blocking.append(
            _("Workers and logins of the past refer to it. Take it out of use instead.")
        )
    return Uses(blocking=tuple(blocking))


def uses_of_curve(curve: WarmUpCurve) -> Uses:
    """Return the accounts that warm up by a curve."""
    accounts = Account.objects.filter(warm_up__curve=curve).order_by("uin")
    if not accounts.exists():
        return Uses()
    return Uses(
        blocking=(
            _("These accounts warm up by it: %(names)s. Choose another curve for them, or none.")
            % {"names": quoted_names(accounts)},
        )
    )


def uses_of_label(label: Label) -> Uses:
    """Return the pools whose members a label decides."""
    pools = AccountPool.objects.filter(labels=label).order_by("name")
    if not pools.exists():
        return Uses()
    return Uses(
        blocking=(
            _("These pools take their accounts by it: %(names)s. Take it out of them first.")
            % {"names": quoted_names(pools)},
        )
    )


def take_egress_out_of_use(*, row: Egress, by: Any = None) -> None:
    """Take an egress out of use: no account logs in through it any more.

    Raises:
        Refusal: it is out of use already, or was deleted.
    """
    with transaction.atomic():
        if not Egress.objects.filter(pk=row.pk, is_enabled=True).update(is_enabled=False):
            raise Refusal(
                _("“%(name)s” is out of use already.") % {"name": row.name}, code="disabled"
            )
    row.is_enabled = False


def _disable(*, row: Account, by: Any = None) -> None:
    disable_account(account=row, by=by)


def register_uses() -> None:
    """Register what this app knows about the uses of its rows."""
    register_uses_finder(Account, uses_of_account)
    register_uses_finder(Egress, uses_of_egress)
    register_uses_finder(WarmUpCurve, uses_of_curve)
    register_uses_finder(Label, uses_of_label)
    register_retirement(
        Account,
        Retirement(
            words=gettext_lazy("Disable"),
            effect=gettext_lazy("Disable it instead: it sends nothing, and its history stays."),
            after=gettext_lazy("“%(name)s” is disabled."),
            do=_disable,
            is_done=lambda row: row.state == AccountState.DISABLED,
        ),
    )
    register_retirement(
        Egress,
        Retirement(
            words=gettext_lazy("Take out of use"),
            effect=gettext_lazy(
                "Take it out of use instead: no account logs in through it any more."
            ),
            after=gettext_lazy("“%(name)s” is out of use."),
            do=take_egress_out_of_use,
            is_done=lambda row: not row.is_enabled,
        ),
    )
