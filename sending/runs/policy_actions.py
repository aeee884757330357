"""Verbs that a result policy may call for besides what happens to the delivery."""

from __future__ import annotations

from contacts.models import Suppression, SuppressionReason
from foundation.sentences import Sentence as _
from sending.runs.transitions import change_run_state
from sending.states import RunState


def suppress_recipient(*, uin: int, code: str) -> None:
    """Never write to a UIN again, because of what the gateway said about it."""
    Suppression.objects.get_or_create(
        uin=uin,
        contact_list=None,
        defaults={"reason": SuppressionReason.UNREACHABLE, "source": f"RES={code}"},
    )


def stop_run_by_policy(*, run_id: int, code: str, sentence: str) -> None:
    """Stop a run because a result code calls for it."""
    change_run_state(
        run_id=run_id,
        to=RunState.STOPPED,
        detail=_("Stopped by the result policy for %(code)s: %(sentence)s")
        % {"code": code, "sentence": sentence},
    )
