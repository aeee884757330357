"""The service that plans a run: it creates a delivery for each person and assigns an account.

Planning goes by contact id, in chunks. Each chunk and its figures are one transaction. So planning
that was interrupted continues after the last chunk, a person is planned once, and no other writer
waits long for the database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from django.db import connection, transaction

from campaigns.audience_query import merged_memberships, targeted_contacts
from campaigns.models import CampaignRun
from campaigns.planning.order import RankedPeople, random_rank, rank_by_attribute
from campaigns.planning.people_sql import Chunk
from campaigns.planning.plan_sql import Planned, insert_deliveries
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


def plan_run(*, run: CampaignRun) -> bool:
    """Plan a run that is being prepared; return whether it is running now.

    Safe to call at any time, from several processes at once and after any interruption.
    """
    ranked = rank_by_attribute(run=run) if run.order == SendingOrder.ATTRIBUTE else None
    while _plan_chunk(run_id=run.pk, ranked=ranked):
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


def _plan_chunk(*, run_id: int, ranked: RankedPeople | None) -> bool:
    """Plan the next chunk; return False when there is none.

    Args:
        run_id: the run.
        ranked: its people, if their order cannot be computed from a person alone.
    """
    with transaction.atomic():
        # The run is locked until the chunk is written, so a second planner waits and continues
        # from there. If it skipped the locked run, it would consider the plan complete too early.
        run = (
            CampaignRun.objects.select_for_update(of=("self", "run"))
            .select_related("campaign")
            .get(pk=run_id)
        )
        if run.state != RunState.PREPARING:
            return False
        planned = insert_deliveries(rules=rules_of_run(run), people=_next_people(run, ranked))
        if not planned:
            return False
        through = max(part.through for part in planned)
        CampaignRun.objects.filter(pk=run_id).update(planned_through=through)
        count_planned(run_id=run_id, planned=planned)
        failpoint("in_chunk")
    return True


def _next_people(run: CampaignRun, ranked: RankedPeople | None) -> Chunk | RankedPeople:
    most = CHUNK[connection.vendor]
    if ranked is not None:
        return ranked.after(run.planned_through, most=most)
    people = targeted_contacts(of=run).filter(pk__gt=run.planned_through).order_by("pk")[:most]
    if run.order == SendingOrder.RANDOM:
        return Chunk(people, rank=random_rank(person="p.id", run_id=run.pk))
    return Chunk(people)


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
