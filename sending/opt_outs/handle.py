"""The handler of inbound messages that opts people out, and in again.

It runs in the transaction that stores the messages, so a person is suppressed as soon as their
reply is visible.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from accounts.models import InboundKind, InboundMessage
from clocks import shared
from foundation.uins import UIN_MAX, UIN_MIN
from sending.models import Confirmation, OptDirection, OptOut, OptOutWord
from sending.models.opt_out_settings import opt_out_settings
from sending.opt_outs.reply_suppressions import lift_by, suppress_by
from sending.opt_outs.word_list import words_in_force
from sending.webhook_events import tell_opt_out

#: A person gets at most one confirmation within this time. Otherwise our confirmations and an
#: automatic reply could go on for ever.
CONFIRMED_AGAIN_AFTER = timedelta(days=1)


def handle_opt_outs(messages: Sequence[InboundMessage]) -> None:
    """Opt out who replied with an opt-out word, and opt in again who replied with an opt-in word.

    The messages are handled in their order.
    """
    written = [
        message
        for message in messages
        if message.kind == InboundKind.USER and UIN_MIN <= message.uin <= UIN_MAX
    ]
    if not written:
        return
    words = words_in_force()
    for message in written:
        word = words.found_in(message.text)
        if word is not None and word.direction == OptDirection.OUT:
            _opt_out(message, word)
        elif word is not None:
            _opt_in(message, word)


def _opt_out(message: InboundMessage, word: OptOutWord) -> None:
    opt_out = _row(message, word)
    suppress_by(opt_out)
    if opt_out.took_effect and _is_confirmed(message.uin):
        opt_out.confirmation = Confirmation.WAITING
    opt_out.save()
    tell_opt_out(opt_out)


def _opt_in(message: InboundMessage, word: OptOutWord) -> None:
    """Lift what the person's opt-outs did; do nothing if there are none."""
    standing = list(
        OptOut.objects.select_for_update(of=("self",))
        .select_related("account")
        .filter(uin=message.uin, direction=OptDirection.OUT, undone_at=None)
    )
    if not standing:
        return
    opt_in = _row(message, word)
    lifted = [lift_by(opt_out) for opt_out in standing]
    opt_in.took_effect = any(lifted)
    opt_in.save()
    OptOut.objects.filter(pk__in=[one.pk for one in standing]).update(
        undone_at=opt_in.at, undone_by_reply=opt_in
    )
    # A confirmation that still waits would be wrong now.
    OptOut.objects.filter(
        pk__in=[one.pk for one in standing], confirmation=Confirmation.WAITING
    ).update(confirmation=Confirmation.DROPPED)


def _row(message: InboundMessage, word: OptOutWord) -> OptOut:
    return OptOut(
        message=message,
        uin=message.uin,
        account=message.account,
        word=word.word,
        direction=word.direction,
        at=shared.wall(),
    )


def _is_confirmed(uin: int) -> bool:
    """Return whether a person who opts out now gets a confirmation."""
    recently = OptOut.objects.filter(
        uin=uin,
        at__gte=shared.wall() - CONFIRMED_AGAIN_AFTER,
        confirmation__in=(Confirmation.WAITING, Confirmation.SENT),
    )
    return opt_out_settings().is_confirmed and not recently.exists()
