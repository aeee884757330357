"""Stops people in a sequence, and lets the others wait for their next step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import QuerySet

from campaigns.creation.sequence_steps import catching_step
from campaigns.models import Sequence, SequencePerson, SequenceStep
from campaigns.sequence_states import PersonEnd, PersonState
from campaigns.sequences.conditions import (
    end_by,
    has_opted_out,
    has_replied,
    run_ids,
    with_result,
)
from clocks import shared
from contacts.models import Contact
from foundation.queries import sql_of
from sending.models import Delivery
from sending.runs.deliveries import skip_deliveries
from sending.states import OPEN_DELIVERY_STATES, Reason

#: The most people that one transaction handles.
CHUNK = 500
_ADD = """
INSERT INTO campaigns_sequenceperson
       (sequence_id, contact_id, state, reason, step, entered_at, next_at)
SELECT %s, p.id, %s, '', 0, %s, %s FROM ({people}) p WHERE TRUE ON CONFLICT DO NOTHING
"""


def add_people(
    sequence: Sequence, people: QuerySet[Contact], *, state: str, next_at: datetime | None = None
) -> int:
    """Add people to a sequence in one statement; return how many. Who is in it already stays.

    So a person who comes to the audience a moment later is not missed.

    Args:
        sequence: the sequence.
        people: the people.
        state: the PersonState that they get.
        next_at: when their first step is due; None for never.
    """
    sql, params = sql_of(people.values_list("id"))
    stored = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.execute(
            _ADD.format(people=sql),
            [sequence.pk, str(state), stored(shared.wall()), stored(next_at), *params],
        )
        return int(cursor.rowcount)


def active_people(sequence: Sequence) -> list[SequencePerson]:
    """Return the next active people of the round over all of them, and advance the round."""
    people = SequencePerson.objects.filter(sequence=sequence, state=PersonState.ACTIVE)
    found = list(people.filter(pk__gt=sequence.looked_through).order_by("pk")[:CHUNK])
    through = found[-1].pk if len(found) == CHUNK else 0
    if through != sequence.looked_through:
        sequence.looked_through = through
        Sequence.objects.filter(pk=sequence.pk).update(looked_through=through)
    return found


def stop_those_who_may_not_continue(sequence: Sequence, ids: Collection[int]) -> set[int]:
    """Stop those of these people who replied or opted out; return their keys.

    What is pending for someone who replied is skipped. The engine itself skips what is pending for
    someone who opted out, also between the plan and the mark.
    """
    people = SequencePerson.objects.filter(pk__in=ids, state=PersonState.ACTIVE)
    out = set(people.filter(has_opted_out(sequence)).values_list("pk", flat=True))
    stop_people(out, reason=PersonEnd.OPTED_OUT)
    if not sequence.stops_on_reply:
        return out
    replied = set(people.filter(has_replied(sequence)).values_list("pk", flat=True))
    stop_people(replied, reason=PersonEnd.REPLY)
    _skip_pending(sequence, replied)
    return out | replied


def stop_people(ids: Collection[int], *, reason: str) -> None:
    """Stop people for a reason."""
    SequencePerson.objects.filter(pk__in=ids).transition(
        to=PersonState.STOPPED, reason=reason, next_at=None, ended_at=shared.wall()
    )


def finish_people(ids: Collection[int]) -> None:
    """Finish people who are through the last step."""
    SequencePerson.objects.filter(pk__in=ids).transition(
        to=PersonState.FINISHED, next_at=None, ended_at=shared.wall()
    )


def settle(sequence: Sequence, steps: list[SequenceStep], ids: Collection[int]) -> None:
    """Let those of these people whose message has a result wait for their next step.

    If the message failed, that is the next step for those whose message failed; without one the
    sequence ends for the person.
    """
    now = shared.wall()
    by_number = {step.number: step for step in steps}
    waiting = SequencePerson.objects.filter(
        pk__in=ids, state=PersonState.ACTIVE, next_at=None, step__gte=1
    )
    for number in sorted(set(waiting.values_list("step", flat=True))):
        step = by_number[number]
        catching = catching_step(steps, after=number)
        at_step = with_result(waiting.filter(step=number), run_id=step.run_id or 0)
        stopped: defaultdict[str, set[int]] = defaultdict(set)
        going_on: dict[int, datetime] = {}
        caught: dict[int, datetime] = {}
        for person in at_step.exclude(result=None).exclude(result__in=OPEN_DELIVERY_STATES):
            end = end_by(person.result, person.result_reason)
            if not end:
                going_on[person.pk] = person.sent_at or now
            elif end == PersonEnd.FAILED and catching is not None:
                caught[person.pk] = now
            else:
                stopped[end].add(person.pk)
        for reason, keys in stopped.items():
            stop_people(keys, reason=reason)
        send_on(going_on, after=step, to=step.then_to, by_number=by_number)
        send_on(caught, after=step, to=catching, by_number=by_number)


def send_on(
    since: dict[int, datetime],
    *,
    after: SequenceStep,
    to: int | None,
    by_number: dict[int, SequenceStep],
) -> None:
    """Let people wait for a later step, or finish them if there is none.

    Args:
        since: from when each waits, by key.
        after: the step they are through.
        to: the number of the step, END, or None for the next one.
        by_number: the steps of the sequence.
    """
    if not since:
        return
    number = after.number + 1 if to is None else to
    following = by_number.get(number)
    if following is None:
        finish_people(since)
        return
    if number > after.number + 1:
        # The place before a step is where people wait for it.
        SequencePerson.objects.filter(pk__in=since).update(step=number - 1)
    wait = timedelta(seconds=following.wait_seconds)
    rows = [SequencePerson(pk=key, next_at=moment + wait) for key, moment in since.items()]
    SequencePerson.objects.bulk_update(rows, ["next_at"], batch_size=200)


def _skip_pending(sequence: Sequence, ids: Collection[int]) -> None:
    contacts = SequencePerson.objects.filter(pk__in=ids).values("contact")
    pending = Delivery.objects.pending().filter(contact__in=contacts, run__in=run_ids(sequence))
    by_run: defaultdict[int, dict[int, str]] = defaultdict(dict)
    for run_id, delivery_id in pending.values_list("run_id", "pk"):
        by_run[run_id][delivery_id] = Reason.REPLY
    for run_id, reasons in by_run.items():
        skip_deliveries(run_id=run_id, reasons=reasons)
