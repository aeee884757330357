"""The parts of a start: its checks, the campaigns and runs of the steps, and the change of state.

In the transaction of the caller, who has locked the sequence.
"""

from __future__ import annotations

from typing import Any

from accounts.models import Account, AccountPool
from campaigns.creation.sequence_steps import Step, refuse_steps
from campaigns.models import Campaign, CampaignRun, Sequence, SequenceStep
from campaigns.models.sequence import SequenceStates
from campaigns.run_control.lifecycle import resume_run
from campaigns.run_control.new_run import make_run, refuse_without_accounts
from campaigns.run_control.operator_name import operator_name
from campaigns.sequence_states import PersonState, SequenceState
from campaigns.sequences.audience import newcomers, sender_accounts
from campaigns.sequences.people import add_people
from clocks import shared
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from sending.models import Run
from sending.runs.transitions import change_run_state
from sending.states import RunState


def refuse_unready_sequence(sequence: Sequence) -> None:
    """Refuse a sequence that was never started and cannot be.

    Raises:
        Refusal: a step cannot be sent (see `refuse_steps`), or the friend list of an account is not
            known yet (`friends_unknown`).
        TextProblem: a text cannot be compiled.
    """
    steps = sequence.steps.select_related("template", "segment").order_by("number")
    definitions = [
        Step(
            step.wait_seconds,
            step.only_if,
            step.text,
            step.template,
            step.segment,
            step.then_to,
            step.else_to,
        )
        for step in steps
    ]
    has_others = sequence.segments.exists() or sequence.friends_of.exists()
    refuse_steps(
        definitions,
        lists=None if has_others else list(sequence.lists.all()),
        stops_on_reply=sequence.stops_on_reply,
    )
    _refuse_unknown_friends(sender_accounts(sequence))


def begin_or_continue(sequence: Sequence, *, detail: str, by: Any) -> None:
    """Start a sequence for the first time, or continue one that was stopped.

    Raises:
        Refusal: no account can send (`no_account`).
        TextProblem: a text cannot be compiled.
    """
    if sequence.started_at is None:
        _begin(sequence, by=by)
    else:
        for run in runs_of(sequence, state__in=(RunState.PAUSED, RunState.STOPPED)):
            resume_run(run=run, by=by)
    move(sequence, SequenceState.RUNNING, detail, by=by, look_at=None)


def move(sequence: Any, to: str, detail: str, *, by: Any, **columns: Any) -> None:
    """Change the state of a sequence, with a sentence, and write its history."""
    SequenceStates(Sequence).filter(pk=sequence.pk).transition(
        to=to, state_detail=detail, started_at=sequence.started_at, **columns
    )
    sequence.refresh_from_db()
    sequence._history_user = by
    sequence.save(update_fields=["state_detail"])  # writes the history


def said_by(sentence: str, by: Any) -> str:
    """Return a sentence with the name of the operator for %(who)s."""
    return sentence % {"who": operator_name(by)}


def runs_of(sequence: Sequence, **columns: Any) -> list[CampaignRun]:
    """Return the runs of the steps, the oldest first."""
    runs = CampaignRun.objects.filter(sequence_step__sequence=sequence, **columns)
    return list(runs.select_related("campaign").order_by("pk"))


def _begin(sequence: Sequence, *, by: Any) -> None:
    accounts, pools = sequence.chosen_accounts(), list(sequence.pools.all())
    for step in sequence.steps.select_related("template").order_by("number"):
        campaign = _campaign_of(step, accounts=accounts, pools=pools, by=by)
        refuse_without_accounts(campaign)
        step.campaign, step.run = campaign, _open_run(campaign, by=by)
        step.save(update_fields=["campaign", "run"])
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


def _refuse_unknown_friends(accounts: list[Account]) -> None:
    unknown = [account for account in accounts if account.friends_synced_at is None]
    if unknown:
        raise Refusal(
            _("The friend list of account %(uin)s is not known yet: sync it first.")
            % {"uin": unknown[0].uin},
            code="friends_unknown",
        )
