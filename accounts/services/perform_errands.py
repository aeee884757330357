"""The verb that does an account's open errands, in the lane that holds its lease."""

from __future__ import annotations

from accounts.models import Errand, ErrandKind, ErrandState
from accounts.services.conversation import Conversation, LaneMustStop
from accounts.services.database_turn import database_turn
from accounts.services.errands import finish_errand
from foundation.sentences import Sentence as _

#: What an account is asked to do, in the order it is done in.
ORDER = (ErrandKind.LOGIN, ErrandKind.SYNC, ErrandKind.LOGOUT)


def perform_errands(*, conversation: Conversation) -> bool:
    """Do what the account is asked to do; return whether there was anything.

    An errand that cannot be done now for a reason that passes stays open for the next lane.

    Raises:
        LaneMustStop: the account cannot go on.
        qqhttp.NeverLeft: the gateway cannot be reached.
    """
    with database_turn():
        errands = list(
            Errand.objects.filter(account_id=conversation.account.pk, state=ErrandState.OPEN)
        )
    errands.sort(key=lambda errand: ORDER.index(ErrandKind(errand.kind)))
    for errand in errands:
        try:
            outcome = _perform(conversation, ErrandKind(errand.kind))
        except LaneMustStop as stop:
            if stop.retry_seconds is None:
                with database_turn():
                    finish_errand(errand_id=errand.pk, is_done=False, outcome=stop.sentence)
            raise
        with database_turn():
            finish_errand(errand_id=errand.pk, is_done=True, outcome=outcome)
    return bool(errands)


def _perform(conversation: Conversation, kind: ErrandKind) -> str:
    if kind == ErrandKind.LOGIN:
        conversation.log_in()
        return _("Logged in.")
    if kind == ErrandKind.SYNC:
        return conversation.sync_friends()
    conversation.log_out()
    return _("Logged out.")
