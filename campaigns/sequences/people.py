"""Stops people in a sequence, and lets the others wait for their next step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import QuerySet

from campaigns.models import Sequence, SequencePerson, SequenceStep
from campaigns.sequence_states import PersonEnd, PersonState
from campaigns.sequences.conditions import has_opted_out, has_replied, run_ids, with_result
from clocks import shared
from contacts.models import Contact
from foundation.queries import sql_of
from sending.models import Delivery
from sending.runs.deliveries import skip_deliveries
from sending.states import OPEN_DELIVERY_STATES, DeliveryState, Reason

#: The most people that one transaction handles.
CHUNK = 500
_ADD = """
INSERT INTO campaigns_sequenceperson
       (sequence_id, contact_id, state, reason, step, entered_at, next_at)
SELECT %s, p.id, %s, '', 0, %s, %s FROM ({people}) p WHERE TRUE ON CONFLICT DO NOTHING
"""
#: Reasons for which a message is passed over, and the person goes on.
_PASSED_OVER = (Reason.FREQUENCY_CAP.value, Reason.ONCE_ACROSS.value)


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
    """Let those of these people whose message has a result wait for their next step."""
    now = shared.wall()
    by_number = {step.number: step for step in steps}
    waiting = SequencePerson.objects.filter(
        pk__in=ids, state=PersonState.ACTIVE, next_at=None, step__gte=1
    )
    for number in sorted(set(waiting.values_list("step", flat=True))):
        step = by_number[number]
        at_step = with_result(waiting.filter(step=number), run_id=step.run_id or 0)
        stopped: defaultdict[str, set[int]] = defaultdict(set)
        going_on: dict[int, datetime] = {}
        for person in at_step.exclude(result=None).exclude(result__in=OPEN_DELIVERY_STATES):
            end = _end_of(person.result, person.result_reason)
            if end:
                stopped[end].add(person.pk)
            else:
                going_on[person.pk] = person.sent_at or now
        for reason, keys in stopped.items():
            stop_people(keys, reason=reason)
        wait_for_next(going_on, after=step, by_number=by_number)


def wait_for_next(
    since: dict[int, datetime], *, after: SequenceStep, by_number: dict[int, SequenceStep]
) -> None:
    """Let people wait for the step after one, or finish them if that was the last.

    Args:
        since: from when each waits, by key.
        after: the step they are through.
        by_number: the steps of the sequence.
    """
    following = by_number.get(after.number + 1)
    if following is None:
        finish_people(since)
        return
    wait = timedelta(seconds=following.wait_seconds)
    rows = [SequencePerson(pk=key, next_at=moment + wait) for key, moment in since.items()]
    SequencePerson.objects.bulk_update(rows, ["next_at"], batch_size=200)


def _end_of(result: str, reason: str) -> str:
    """Return why a result of a message ends the sequence for the person; "" if it does not."""
    if result in (DeliveryState.SENT, DeliveryState.UNKNOWN):
        return ""
    if result == DeliveryState.CANCELLED:
        return PersonEnd.CANCELLED
    if result == DeliveryState.SKIPPED and reason in _PASSED_OVER:
        return ""
    ends = {Reason.SUPPRESSED.value: PersonEnd.OPTED_OUT, Reason.REPLY.value: PersonEnd.REPLY}
    return ends.get(reason, PersonEnd.FAILED)


def _skip_pending(sequence: Sequence, ids: Collection[int]) -> None:
    contacts = SequencePerson.objects.filter(pk__in=ids).values("contact")
    pending = Delivery.objects.pending().filter(contact__in=contacts, run__in=run_ids(sequence))
    by_run: defaultdict[int, dict[int, str]] = defaultdict(dict)
    for run_id, delivery_id in pending.values_list("run_id", "pk"):
        by_run[run_id][delivery_id] = Reason.REPLY
    for run_id, reasons in by_run.items():
        skip_deliveries(run_id=run_id, reasons=reasons)
