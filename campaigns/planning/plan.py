"""The service that plans a run: it creates a delivery for each person and assigns an account.

Planning goes by contact id, in chunks. A chunk, its figures and the position of the plan are
written in one transaction. So planning that was interrupted continues after the last chunk, a
person is planned once, and no other writer waits long for the database. The accounts of a chunk are
chosen while the one before it is written (decision 0086).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from time import monotonic

from django.db import IntegrityError, connection

from campaigns.audience_query import merged_memberships, next_people
from campaigns.models import CampaignRun
from campaigns.planning.chunk_forms import Outdated, form_of_database
from campaigns.planning.order import RankedPeople, random_rank, rank_by_attribute
from campaigns.planning.people_sql import Chunk, packed
from campaigns.planning.plan_sql import Insert, Planned, insert_of
from campaigns.planning.rules import rules_of_run
from campaigns.planning.turns import Turn, Turns, only_planner
from campaigns.states import SendingOrder
from clocks import shared
from foundation.failpoints import failpoint
from foundation.sentences import Sentence as _
from sending.models import Delivery, Tally, TallyKind
from sending.querysets.tally import TallyKey, add_tallies
from sending.runs.transitions import change_run_state
from sending.states import DeliveryState, RunState

#: People per transaction. SQLite has one writer, so the ledger waits while a chunk is written.
CHUNK = {"postgresql": 50_000, "sqlite": 10_000}
#: How long the statement of the chunks is used before the rules are read again: a change of the
#: accounts holds for the people who are planned a second later.
FRESH_SECONDS = 1.0
#: So often a chunk is chosen whose people are erased meanwhile.
_TRIES = 5
#: In the statement of the chunks, the contact after which a chunk begins. No contact has this id.
_BEHIND = 2**62
#: In its place, the people themselves, if they have ranks of their own.
_NOBODY = RankedPeople.of({2**32 - 1: 0})


def plan_run(*, run: CampaignRun) -> bool:
    """Plan a run that is being prepared; return whether it is running now.

    Safe to call at any time, from several processes at once and after any interruption. It does
    nothing while another thread of this process plans the run.
    """
    with only_planner(run.pk) as is_only:
        return is_only and _plan(run)


def _plan(run: CampaignRun) -> bool:
    _plan_chunks(run)
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


def _plan_chunks(run: CampaignRun) -> None:
    """Plan chunk after chunk, from the position of the plan to the end of the audience."""
    plan, tries, last = _Plan(run), 0, -1
    while (behind := plan.position()) is not None:
        tries, last = (tries + 1 if behind == last else 1), behind
        turns = Turns(plan.next_chunk, behind=behind, pause_every=plan.pause_every)
        try:
            turns.run()
        except Overtaken:
            continue  # another process plans the run, or it is no longer prepared
        except (IntegrityError, Outdated):
            # Somebody was erased since the choice. The next choice does not see them.
            if tries == _TRIES:
                raise
        else:
            return


class Overtaken(Exception):
    """The plan is not where a chunk begins, or the run is no longer being prepared."""


class _Plan:
    """The planning of one run by this process, in up to two threads."""

    def __init__(self, run: CampaignRun) -> None:
        self._run_id = run.pk
        is_ranked = run.order == SendingOrder.ATTRIBUTE
        #: The people, if their order cannot be computed from a person alone.
        self._ranked = rank_by_attribute(run=run) if is_ranked else None
        self._statement: Insert | None = None
        self._made_at = 0.0
        self.pause_every = form_of_database().pause_every

    def position(self) -> int | None:
        """Return the contact up to which people are planned; None if the run is not prepared."""
        row = CampaignRun.objects.filter(pk=self._run_id).values_list("state", "planned_through")
        state, behind = row.get()
        return int(behind) if state == RunState.PREPARING else None

    def next_chunk(self, turn: Turn) -> None:
        """Plan a chunk.

        Raises:
            Overtaken, Outdated, Abandoned, IntegrityError: it is not planned now.
        """
        form = form_of_database()
        with form.whole():
            insert = self._insert(turn.behind)
            planned = form.choose(insert, behind=turn.behind)
            through = max((part.through for part in planned), default=None)
            is_last = sum(part.deliveries for part in planned) < CHUNK[connection.vendor]
            turn.chosen(None if is_last else through)
            if through is None:
                return
            form.settle(run_id=self._run_id, previous=turn.previous)
            turn.wait()
            with form.writing():
                self._lock(turn.behind)
                form.write(insert, planned)
                CampaignRun.objects.filter(pk=self._run_id).update(planned_through=through)
                count_planned(run_id=self._run_id, planned=planned)
                failpoint("in_chunk")
        turn.written()
        failpoint("in_planning")

    def _lock(self, behind: int) -> None:
        """Lock the run until the chunk is written: a cancel or another planner waits for it.

        Raises:
            Overtaken: the chunk is no longer the next one.
        """
        locked = CampaignRun.objects.select_for_update(of=("self", "run")).filter(pk=self._run_id)
        state, position = locked.values_list("state", "planned_through").get()
        if state != RunState.PREPARING or position != behind:
            raise Overtaken

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
