"""The service that plans a run: it creates a delivery for each person and assigns an account.

Planning goes by contact id, in chunks. Each chunk and its figures are one transaction. So planning
that was interrupted continues after the last chunk, a person is planned once, and no other writer
waits long for the database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from time import monotonic

from django.db import connection, transaction

from campaigns.audience_query import merged_memberships, next_people
from campaigns.models import CampaignRun
from campaigns.planning.order import RankedPeople, random_rank, rank_by_attribute
from campaigns.planning.people_sql import Chunk, packed
from campaigns.planning.plan_sql import Insert, Planned, carry_out, insert_of
from campaigns.planning.rules import rules_of_run
from campaigns.states import SendingOrder
from clocks import shared
from foundation.failpoints import failpoint
from foundation.sentences import Sentence as _
from sending.models import Delivery, Tally, TallyKind
from sending.querysets.tally import TallyKey, add_tallies
from sending.runs.transitions import change_run_state
from sending.states import DeliveryState, RunState

#: People per transaction. SQLite has one writer, so the ledger waits while a chunk is written.
CHUNK = {"postgresql": 50_000, "sqlite": 5_000}
#: How long the statement of the chunks is used before the rules are read again: a change of the
#: accounts holds for the people who are planned a second later.
FRESH_SECONDS = 1.0
#: In the statement of the chunks, the contact after which a chunk begins. No contact has this id.
_BEHIND = 2**62
#: In its place, the people themselves, if they have ranks of their own.
_NOBODY = RankedPeople.of({2**32 - 1: 0})


def plan_run(*, run: CampaignRun) -> bool:
    """Plan a run that is being prepared; return whether it is running now.

    Safe to call at any time, from several processes at once and after any interruption.
    """
    plan = _Plan(run)
    # On SQLite the keys are not checked again: a chunk refers to rows that its own statement has
    # read, and no other writer removes them before its end (decision 0063).
    with connection.constraint_checks_disabled():
        while plan.next_chunk():
            failpoint("in_planning")
    run.refresh_from_db()
    if run.state != RunState.PREPARING:
        return run.state == RunState.RUNNING
    count_merged(run)
    if not Delivery.objects.filter(run=run).exists():
        change_run_state(
            run_id=run.pk,
            to=RunState.STOPPED,
            detail=_("There are no recipients: the audience of the campaign is empty."),
        )
        return False
    now = shared.wall()
    online_until = None
    if run.online_within is not None:
        online_until = now + timedelta(seconds=run.online_within)
    return change_run_state(
        run_id=run.pk, to=RunState.RUNNING, planned_at=now, online_until=online_until
    )


class _Plan:
    """The planning of one run by this process."""

    def __init__(self, run: CampaignRun) -> None:
        self._run_id = run.pk
        is_ranked = run.order == SendingOrder.ATTRIBUTE
        #: The people, if their order cannot be computed from a person alone.
        self._ranked = rank_by_attribute(run=run) if is_ranked else None
        self._statement: Insert | None = None
        self._made_at = 0.0

    def next_chunk(self) -> bool:
        """Plan the next chunk; return False when there is none."""
        with transaction.atomic():
            # The run is locked until the chunk is written, so a second planner waits and continues
            # from there. If it skipped the locked run, it would consider the plan complete too
            # early.
            locked = CampaignRun.objects.select_for_update(of=("self", "run")).filter(
                pk=self._run_id
            )
            state, behind = locked.values_list("state", "planned_through").get()
            if state != RunState.PREPARING:
                return False
            planned = carry_out(self._insert(behind))
            if not planned:
                return False
            through = max(part.through for part in planned)
            CampaignRun.objects.filter(pk=self._run_id).update(planned_through=through)
            count_planned(run_id=self._run_id, planned=planned)
            failpoint("in_chunk")
        return True

    def _insert(self, behind: int) -> Insert:
        """Return the statement of the chunk that begins after a contact."""
        if self._statement is None or monotonic() - self._made_at >= FRESH_SECONDS:
            self._statement, self._made_at = self._new_statement(), monotonic()
        if self._ranked is None:
            return self._statement.instead(_BEHIND, behind)
        people = self._ranked.after(behind, most=CHUNK[connection.vendor])
        return self._statement.instead(packed(_NOBODY), packed(people))

    def _new_statement(self) -> Insert:
        run = CampaignRun.objects.select_related("campaign").get(pk=self._run_id)
        rules = rules_of_run(run)
        if self._ranked is not None:
            return insert_of(rules=rules, people=_NOBODY)
        most = CHUNK[connection.vendor]
        people = next_people(of=run, behind=_BEHIND, most=most)
        if run.order == SendingOrder.RANDOM:
            rank = random_rank(person="p.id", run_id=run.pk)
            return insert_of(rules=rules, people=Chunk(people, rank))
        return insert_of(rules=rules, people=Chunk(people))


def count_planned(*, run_id: int, planned: Iterable[Planned]) -> int:
    """Add new deliveries to the figures, in the caller's transaction; return how many they are."""
    changes: Counter[TallyKey] = Counter()
    for part in planned:
        changes[run_id, TallyKind.TARGETED, ""] += part.deliveries
        changes[run_id, TallyKind.STATE, part.state] += part.deliveries
        if part.state == DeliveryState.SKIPPED:
            key = f"{part.state}:{part.reason}"
            changes[run_id, TallyKind.REASON, key] += part.deliveries
    add_tallies(shard=0, changes=changes)
    return changes[run_id, TallyKind.TARGETED, ""]


def count_merged(run: CampaignRun) -> None:
    """Store the number of memberships beyond each person's first."""
    merged = merged_memberships(of=run)
    if not merged:
        return
    Tally.objects.update_or_create(
        run=run,
        kind=TallyKind.MERGED,
        key="",
        shard=0,
        defaults={"n": merged},
    )
