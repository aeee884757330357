"""The services that start, stop and end a sequence."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts.models import Account, AccountPool
from campaigns.approvals.coverage import first_needing_approval
from campaigns.creation.create_sequence import Step, refuse_steps
from campaigns.models import Campaign, CampaignRun, Sequence, SequencePerson, SequenceStep
from campaigns.models.sequence import SequenceStates
from campaigns.run_control.lifecycle import cancel_run, pause_run, resume_run
from campaigns.run_control.new_run import make_run, refuse_without_accounts
from campaigns.run_control.operator_name import operator_name
from campaigns.sequence_states import PersonEnd, PersonState, SequenceState
from campaigns.sequences.audience import chosen_accounts, newcomers, sender_accounts
from campaigns.sequences.people import add_people
from clocks import shared
from foundation.archiving import refuse_archived
from foundation.locked_rows import locked_row
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from sending.models import Run
from sending.runs.transitions import change_run_state
from sending.states import RunState

#: The states in which the run of a step can be paused, resumed or cancelled.
_OPEN = (RunState.RUNNING, RunState.PAUSED, RunState.STOPPED)


def start_sequence(*, sequence: Sequence, by: Any = None) -> None:
    """Start a sequence, or continue one that was stopped.

    At the first start each step gets its campaign and its run. People who entered while a sequence
    was stopped enter now.

    Raises:
        Refusal: it runs or has ended (`wrong_state`), no account can send (`no_account`), the
            friend list of an account is not known yet (`friends_unknown`), a step needs an
            approval (`needs_approval`), or the sequence is archived (`archived`).
        TextProblem: a text cannot be compiled.
    """
    with transaction.atomic():
        found = locked_row(sequence)
        refuse_archived(found)
        if found.state not in (SequenceState.DRAFT, SequenceState.STOPPED):
            raise _not_possible(found)
        if found.state == SequenceState.DRAFT:
            _begin(found, by=by)
        else:
            refuse_without_approval(found)
            for run in _runs(found, state__in=(RunState.PAUSED, RunState.STOPPED)):
                resume_run(run=run, by=by)
        _move(found, SequenceState.RUNNING, _("Started by %(who)s."), by=by, look_at=None)
    sequence.refresh_from_db()


def stop_sequence(*, sequence: Sequence, by: Any = None) -> None:
    """Stop a sequence: no one enters or moves on, and nothing is sent, until it is started again.

    Raises:
        Refusal: it is not running (`wrong_state`).
    """
    with transaction.atomic():
        found = locked_row(sequence)
        if found.state != SequenceState.RUNNING:
            raise _not_possible(found)
        for run in _runs(found, state=RunState.RUNNING):
            pause_run(run=run, by=by)
        _move(found, SequenceState.STOPPED, _("Stopped by %(who)s."), by=by)
    sequence.refresh_from_db()


def end_sequence(*, sequence: Sequence, by: Any = None) -> None:
    """End a sequence permanently: what is not sent is cancelled, and its people are stopped.

    Raises:
        Refusal: it was not started, or has ended (`wrong_state`).
    """
    with transaction.atomic():
        found = locked_row(sequence)
        if found.state not in (SequenceState.RUNNING, SequenceState.STOPPED):
            raise _not_possible(found)
        for run in _runs(found, state__in=_OPEN):
            cancel_run(run=run, by=by)
        SequencePerson.objects.filter(sequence=found, state=PersonState.ACTIVE).transition(
            to=PersonState.STOPPED,
            reason=PersonEnd.CANCELLED,
            next_at=None,
            ended_at=shared.wall(),
        )
        _move(found, SequenceState.ENDED, _("Ended by %(who)s."), by=by)
    sequence.refresh_from_db()


def refuse_without_approval(sequence: Sequence) -> None:
    """Refuse to start a sequence, or to plan more of it, if a step needs an approval.

    An approval is for one hash: of a campaign with its people, or of its rule. A sequence has
    neither, so it cannot be approved.

    Raises:
        Refusal: a step does (`needs_approval`).
    """
    steps = sequence.steps.select_related("campaign").order_by("number")
    numbers = {step.campaign: step.number for step in steps if step.campaign is not None}
    found = first_needing_approval(numbers)
    if found is not None:
        raise Refusal(
            _(
                "Step %(number)d of the sequence “%(name)s” needs an approval, and sequences "
                "cannot be approved. Send its text as a campaign, or ask an administrator to "
                "lift the approval."
            )
            % {"number": numbers[found], "name": sequence.name},
            code="needs_approval",
        )


def stop_after_failure(sequence: Sequence, why: str) -> None:
    """Stop a sequence for which the tick failed, with the reason. Its runs continue."""
    SequenceStates(Sequence).filter(pk=sequence.pk).transition(
        to=SequenceState.STOPPED, state_detail=why
    )


def _begin(sequence: Sequence, *, by: Any) -> None:
    steps = list(sequence.steps.select_related("template").order_by("number"))
    definitions = [
        Step(step.wait_seconds, step.only_if, step.text, step.template) for step in steps
    ]
    has_others = sequence.segments.exists() or sequence.friends_of.exists()
    refuse_steps(definitions, lists=None if has_others else list(sequence.lists.all()))
    senders = sender_accounts(sequence)
    _refuse_unknown_friends(senders)
    accounts, pools = chosen_accounts(sequence), list(sequence.pools.all())
    for step in steps:
        campaign = _campaign_of(step, accounts=accounts, pools=pools, by=by)
        refuse_without_accounts(campaign)
        step.campaign, step.run = campaign, _open_run(campaign, by=by)
        step.save(update_fields=["campaign", "run"])
    refuse_without_approval(sequence)
    sequence.started_at = shared.wall()
    if not sequence.includes_existing:
        # Of those who are there, nobody gets a message; of those who come later, everybody.
        add_people(sequence, newcomers(sequence), state=PersonState.BEFORE)


def _campaign_of(
    step: SequenceStep, *, accounts: list[Account], pools: list[AccountPool], by: Any
) -> Campaign:
    sequence = step.sequence
    campaign = Campaign(
        name=f"{sequence.name} · {step.number}",
        text=step.text,
        template=step.template,
        windows=sequence.windows,
        timezone=sequence.timezone,
        created_by=by,
    )
    campaign.refuse_twin()
    campaign.save()
    campaign.lists.set(sequence.lists.all())
    campaign.segments.set(sequence.segments.all())
    campaign.excluded_lists.set(sequence.excluded_lists.all())
    campaign.accounts.set(accounts)
    campaign.pools.set(pools)
    return campaign


def _open_run(campaign: Campaign, *, by: Any) -> CampaignRun:
    """Return a new run of a step: it is running, has no people, and stays open."""
    run = make_run(campaign, starts_at=None)
    Run.objects.filter(pk=run.pk).update(stays_open=True)
    change_run_state(run_id=run.pk, to=RunState.PREPARING, by=by)
    change_run_state(run_id=run.pk, to=RunState.RUNNING, by=by, planned_at=shared.wall())
    run.refresh_from_db()
    return run


def _runs(sequence: Sequence, **columns: Any) -> list[CampaignRun]:
    runs = CampaignRun.objects.filter(sequence_step__sequence=sequence, **columns)
    return list(runs.select_related("campaign").order_by("pk"))


def _move(sequence: Any, to: str, detail: str, *, by: Any, **columns: Any) -> None:
    words = detail % {"who": operator_name(by)}
    SequenceStates(Sequence).filter(pk=sequence.pk).transition(
        to=to, state_detail=words, started_at=sequence.started_at, **columns
    )
    sequence.refresh_from_db()
    sequence._history_user = by
    sequence.save(update_fields=["state_detail"])  # writes the history


def _refuse_unknown_friends(accounts: list[Account]) -> None:
    unknown = [account for account in accounts if account.friends_synced_at is None]
    if unknown:
        raise Refusal(
            _("The friend list of account %(uin)s is not known yet: sync it first.")
            % {"uin": unknown[0].uin},
            code="friends_unknown",
        )


def _not_possible(sequence: Sequence) -> Refusal:
    return Refusal(
        _("The sequence “%(name)s” is %(state)s: that is not possible now.")
        % {"name": sequence.name, "state": sequence.get_state_display()},
        code="wrong_state",
        state=sequence.state,
    )
