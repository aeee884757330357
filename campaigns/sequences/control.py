"""The services that start, stop and end a sequence."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from campaigns.approvals.requests import create_sequence_request, withdraw_request
from campaigns.approvals.sequence_coverage import needs_new_approval
from campaigns.approvals.sequence_definition import locked_sequence_definition
from campaigns.models import Sequence, SequencePerson
from campaigns.models.sequence import SequenceStates
from campaigns.run_control.lifecycle import cancel_run, pause_run
from campaigns.sequence_states import (
    STOPPED_ITSELF,
    PersonEnd,
    PersonState,
    SequenceState,
)
from campaigns.sequences.begin import (
    begin_or_continue,
    move,
    refuse_unready_sequence,
    runs_of,
    said_by,
)
from clocks import shared
from foundation.locked_rows import locked_row
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from sending.states import RunState

#: The states in which the run of a step can be paused, resumed or cancelled.
_OPEN = (RunState.RUNNING, RunState.PAUSED, RunState.STOPPED)
_STARTABLE = (SequenceState.DRAFT, SequenceState.AWAITING_APPROVAL, SequenceState.STOPPED)


def start_sequence(*, sequence: Sequence, by: Any = None) -> None:
    """Start a sequence, or continue one that was stopped. If it needs an approval, ask for it.

    At the first start each step gets its campaign and its run. People who entered while a sequence
    was stopped enter now.

    Raises:
        Refusal: it runs, has ended, or waits for an approval of exactly this (`wrong_state`), no
            account can send (`no_account`), the friend list of an account is not known yet
            (`friends_unknown`), or the sequence is archived (`archived`).
        TextProblem: a text cannot be compiled.
    """
    with transaction.atomic():
        found, definition = locked_sequence_definition(sequence)
        if found.state not in _STARTABLE:
            raise _not_possible(found)
        if found.started_at is None:
            refuse_unready_sequence(found)
        if needs_new_approval(found):
            if found.approvals.waiting().filter(hash=definition.rule_hash).exists():
                raise _not_possible(found)
            create_sequence_request(found, definition=definition, by=by)
            if found.state != SequenceState.AWAITING_APPROVAL:
                detail = said_by(_("%(who)s asks for an approval."), by)
                move(found, SequenceState.AWAITING_APPROVAL, detail, by=by)
        else:
            withdraw_request(found, by=by)
            begin_or_continue(found, detail=said_by(_("Started by %(who)s."), by), by=by)
    sequence.refresh_from_db()


def stop_sequence(*, sequence: Sequence, by: Any = None) -> None:
    """Stop a sequence: no one enters or moves on, and nothing is sent, until it is started again.

    If it waits for an approval, the request is withdrawn, and it is again what it was: not started,
    or stopped.

    Raises:
        Refusal: it neither runs nor waits for an approval (`wrong_state`).
    """
    with transaction.atomic():
        found = locked_row(sequence)
        if found.state == SequenceState.AWAITING_APPROVAL:
            withdraw_request(found, by=by)
            detail = said_by(_("The request was withdrawn by %(who)s."), by)
            to = SequenceState.DRAFT if found.started_at is None else SequenceState.STOPPED
            move(found, to, detail, by=by)
        elif found.state == SequenceState.RUNNING:
            for run in runs_of(found, state=RunState.RUNNING):
                pause_run(run=run, by=by)
            move(found, SequenceState.STOPPED, said_by(_("Stopped by %(who)s."), by), by=by)
        else:
            raise _not_possible(found)
    sequence.refresh_from_db()


def end_sequence(*, sequence: Sequence, by: Any = None) -> None:
    """End a sequence permanently: what is not sent is cancelled, and its people are stopped.

    Raises:
        Refusal: it was not started, or has ended (`wrong_state`).
    """
    with transaction.atomic():
        found = locked_row(sequence)
        if found.started_at is None or found.state == SequenceState.ENDED:
            raise _not_possible(found)
        withdraw_request(found, by=by)
        for run in runs_of(found, state__in=_OPEN):
            cancel_run(run=run, by=by)
        SequencePerson.objects.filter(sequence=found, state=PersonState.ACTIVE).transition(
            to=PersonState.STOPPED,
            reason=PersonEnd.CANCELLED,
            next_at=None,
            ended_at=shared.wall(),
        )
        move(found, SequenceState.ENDED, said_by(_("Ended by %(who)s."), by), by=by)
    sequence.refresh_from_db()


def stop_after_failure(sequence: Sequence, why: str) -> None:
    """Stop a sequence for which the tick failed, with the reason. Its runs continue.

    The history says that nobody stopped it, so that the overview can tell it from a stop by hand.
    """
    stopped = SequenceStates(Sequence).filter(pk=sequence.pk)
    if stopped.transition(to=SequenceState.STOPPED, state_detail=why):
        changed: Any = Sequence.objects.get(pk=sequence.pk)
        changed._history_user, changed._change_reason = None, STOPPED_ITSELF
        changed.save(update_fields=["state_detail"])  # writes the history


def _not_possible(sequence: Sequence) -> Refusal:
    return Refusal(
        _("The sequence “%(name)s” is %(state)s: that is not possible now.")
        % {"name": sequence.name, "state": sequence.get_state_display()},
        code="wrong_state",
        state=sequence.state,
    )
