"""The tick of sequences: newcomers enter, people move to their next step, some are stopped.

It may run twice at once, late, or not at all for hours. Each part is a transaction that locks the
sequence, so a process that is killed leaves either all of a part or nothing of it: no person
gets a step twice, and none is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.db import transaction

from campaigns.approvals.sequence_coverage import refuse_unapproved_sequence
from campaigns.models import CampaignRun, Sequence, SequencePerson, SequenceStep
from campaigns.planning.friend_lists import sync_missing_friend_lists
from campaigns.planning.order import LAST_RANK
from campaigns.planning.people_sql import Chunk
from campaigns.planning.plan import count_planned
from campaigns.planning.plan_sql import insert_deliveries
from campaigns.planning.rules import rules_of_run
from campaigns.sequence_states import PersonEnd, PersonState, SequenceState
from campaigns.sequences.audience import make_contacts_of_friends, newcomers
from campaigns.sequences.conditions import run_ids, whom_it_is_for
from campaigns.sequences.control import stop_after_failure
from campaigns.sequences.people import (
    CHUNK,
    active_people,
    add_people,
    send_on,
    settle,
    stop_people,
    stop_those_who_may_not_continue,
)
from clocks import local, shared
from contacts.models import Contact
from foundation.failpoints import failpoint
from foundation.fault_isolation import run_each
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from sending.states import RunState
from sending.wake_ups.wake import accounts_to_wake, wake_lanes

#: Chunks of one kind in one tick of one sequence, so that every sequence has its turn.
MOST_CHUNKS = 5
#: Newcomers are looked for at least every so many seconds; a search that takes long is made less
#: often, so that it uses at most one twentieth of the time.
LOOK_SECONDS, LOOK_SHARE = 1.5, 20


def advance_sequences() -> int:
    """Advance each running sequence by itself; return how many."""
    running = Sequence.objects.filter(state=SequenceState.RUNNING).order_by("pk")
    return sum(run_each(running, do=_advance, on_failure=_stop, step="The sequence"))


def _advance(sequence: Sequence) -> int:
    _repeat(sequence, _look_at_results)
    refuse_unapproved_sequence(sequence)  # it was switched on, or a word was added, since the start
    if sequence.look_at is None or sequence.look_at <= shared.now():
        began_at = local.elapsed()
        with transaction.atomic():
            make_contacts_of_friends(sequence)
        _repeat(sequence, _enter)
        seconds = max(LOOK_SECONDS, LOOK_SHARE * (local.elapsed() - began_at))
        look_at = shared.now() + timedelta(seconds=seconds)
        Sequence.objects.filter(pk=sequence.pk).update(look_at=look_at)
    if _waits_for_friend_lists(sequence):
        return 1
    if _repeat(sequence, _move_due):
        wake_lanes(account_ids=accounts_to_wake(run_ids=run_ids(sequence)))
    return 1


def _waits_for_friend_lists(sequence: Sequence) -> bool:
    """Return whether somebody is due and a friend list is missing; it is requested, people wait."""
    due = SequencePerson.objects.filter(
        sequence=sequence, state=PersonState.ACTIVE, next_at__lte=shared.wall()
    )
    # All steps have the same accounts.
    step = sequence.steps.select_related("campaign").order_by("number").first()
    if step is None or step.campaign is None or not due.exists():
        return False
    return sync_missing_friend_lists(step.campaign)


def _repeat(sequence: Sequence, part: Callable[[Sequence, list[SequenceStep]], int]) -> int:
    """Do a part of the tick chunk by chunk, while the sequence runs; return for how many people."""
    done = 0
    for _chunk in range(MOST_CHUNKS):
        with transaction.atomic():
            rows = Sequence.objects.select_for_update().filter(pk=sequence.pk)
            found = rows.filter(state=SequenceState.RUNNING).first()
            if found is None:
                return done
            steps = list(found.steps.select_related("segment").order_by("number"))
            count = part(found, steps)
            failpoint("in_sequence")
        done += count
        if count < CHUNK:
            break
    return done


def _look_at_results(sequence: Sequence, steps: list[SequenceStep]) -> int:
    """Stop people who replied or opted out, and settle those whose message has a result."""
    ids = [person.pk for person in active_people(sequence)]
    if ids:
        gone = stop_those_who_may_not_continue(sequence, ids)
        settle(sequence, steps, set(ids) - gone)
    return len(ids)


def _enter(sequence: Sequence, steps: list[SequenceStep]) -> int:
    """Let newcomers enter; return how many."""
    due_at = shared.wall() + timedelta(seconds=steps[0].wait_seconds)
    people = newcomers(sequence).order_by("pk")[:CHUNK]
    return add_people(sequence, people, state=PersonState.ACTIVE, next_at=due_at)


def _move_due(sequence: Sequence, steps: list[SequenceStep]) -> int:
    """Plan the next message of people whose wait is over; return how many people were dealt with.

    Each step by itself: one whose run was stopped does not hold up the others.
    """
    by_number = {step.number: step for step in steps}
    return sum(_move_to(step, sequence, by_number) for step in steps)


def _move_to(step: SequenceStep, sequence: Sequence, by_number: dict[int, SequenceStep]) -> int:
    now = shared.wall()
    due = SequencePerson.objects.filter(
        sequence=sequence, state=PersonState.ACTIVE, step=step.number - 1, next_at__lte=now
    )
    ids = set(due.order_by("next_at", "pk").values_list("pk", flat=True)[:CHUNK])
    if not ids:
        return 0
    # Locked as in planning: the run can neither end nor be planned by another process meanwhile.
    run = (
        CampaignRun.objects.select_for_update(of=("self", "run"))
        .select_related("campaign")
        .get(pk=step.run_id)
    )
    if run.state == RunState.CANCELLED:
        stop_people(ids, reason=PersonEnd.CANCELLED)
        return len(ids)
    if run.state not in (RunState.RUNNING, RunState.PAUSED):
        return 0
    left = ids - stop_those_who_may_not_continue(sequence, ids)
    meant = whom_it_is_for(step, sequence, left)
    passed = left - meant
    SequencePerson.objects.filter(pk__in=passed).update(step=step.number, next_at=None)
    since = dict.fromkeys(passed, now)
    send_on(since, after=step, to=step.else_to, by_number=by_number)
    contacts = Contact.objects.filter(in_sequences__in=meant).order_by("pk")
    planned = insert_deliveries(rules=rules_of_run(run), people=Chunk(contacts, str(LAST_RANK)))
    count_planned(run_id=run.pk, planned=planned)
    SequencePerson.objects.filter(pk__in=meant).update(step=step.number, next_at=None)
    return len(ids)


def _stop(sequence: Sequence, problem: Exception) -> None:
    why = (
        problem.sentence
        if isinstance(problem, Refusal)
        else _(
            "The sequence stopped because of a program error (%(error)s). The log of the jobs "
            "worker has the details: report them. Start the sequence to try again."
        )
        % {"error": type(problem).__name__}
    )
    stop_after_failure(sequence, why)
