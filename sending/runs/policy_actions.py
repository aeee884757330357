"""Carry out the effects of a result policy on the person and the run."""

from __future__ import annotations

from contacts.models import SuppressionReason
from contacts.suppressions import suppress
from foundation.sentences import Sentence as _
from sending.runs.transitions import change_run_state
from sending.states import RunState


def suppress_recipient(*, uin: int, code: str) -> None:
    """Suppress a UIN in all lists because of the result code of a message to it."""
    suppress(uins=[uin], reason=SuppressionReason.UNREACHABLE, source=f"RES={code}")


def stop_run_by_policy(*, run_id: int, code: str, sentence: str) -> None:
    """Stop a run because the policy for a result code says so.

    Args:
        run_id: the run.
        code: the result code.
        sentence: the error in words.
    """
    change_run_state(
        run_id=run_id,
        to=RunState.STOPPED,
        detail=_("Stopped by the result policy for %(code)s: %(sentence)s")
        % {"code": code, "sentence": sentence},
    )
