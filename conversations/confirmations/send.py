"""The tick that sends the confirmations of opt-outs.

An opt-out is noted while the reply is stored (`sending/opt_outs/handle.py`), when nothing can be
sent. Its `confirmation` is the outbox: a row is settled in the transaction that makes the answer,
and the answer's key is that of the opt-out, so nobody is told twice.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from clocks import shared
from conversations.answers.send_answer import send_answer
from conversations.keeping.make_conversation import conversation_with
from foundation.fault_isolation import run_each
from foundation.refusals import Refusal
from sending.models import Confirmation, OptOut
from sending.models.opt_out_settings import OptOutSettings, opt_out_settings

#: The most confirmations of one tick.
MOST_A_TICK = 200
#: How long one waits for an account that cannot send. Later it would confirm what is long past.
LONGEST_WAIT = timedelta(hours=24)


def send_confirmations() -> int:
    """Give the accounts the confirmations that wait; return how many."""
    waiting = OptOut.objects.filter(confirmation=Confirmation.WAITING).order_by("pk")
    keys = list(waiting.values_list("pk", flat=True)[:MOST_A_TICK])
    if not keys:
        return 0
    settings = opt_out_settings()
    sent = run_each(
        keys,
        do=lambda key: _confirm(key, settings),
        on_failure=_drop,
        step="The confirmation",
    )
    return sum(sent)


def _confirm(key: int, settings: OptOutSettings) -> bool:
    with transaction.atomic():
        row = (
            OptOut.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("account")
            .filter(pk=key, confirmation=Confirmation.WAITING)
            .first()
        )
        if row is None:
            return False
        is_late = row.at < shared.wall() - LONGEST_WAIT
        if is_late or not settings.is_confirmed:
            _settle(key, Confirmation.DROPPED)
            return False
        try:
            send_answer(
                conversation=conversation_with(account=row.account, uin=row.uin),
                text=settings.text,
                key=f"opt-out:{key}",
                is_automatic=True,
                also_suppressed=True,
            )
        except Refusal as refusal:
            if refusal.code == "account_stopped":
                return False  # it may work again
            raise
        _settle(key, Confirmation.SENT)
    return True


def _drop(key: int, _problem: Exception) -> None:
    """Settle a confirmation that cannot be sent: the person is no friend, the text is refused."""
    _settle(key, Confirmation.DROPPED)


def _settle(key: int, confirmation: str) -> None:
    OptOut.objects.filter(pk=key).update(confirmation=confirmation)
