"""The service that plans a run: it creates a delivery for each person and assigns an account.

Planning goes by contact id, in chunks. Each chunk and its figures are one transaction. So planning
that was interrupted continues after the last chunk, a person is planned once, and no other writer
waits long for the database.
"""

from __future__ import annotations

from collections import Counter

from django.db import connection, transaction

from campaigns.audience_query import merged_memberships, targeted_contacts
from campaigns.models import CampaignRun
from campaigns.planning.plan_sql import insert_deliveries
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
    while _plan_chunk(run_id=run.pk):
        failpoint("in_planning")
    run.refresh_from_db()
    if run.state != RunState.PREPARING:
        return run.state == RunState.RUNNING
    _count_merged(run)
    if not Delivery.objects.filter(run=run).exists():
        change_run_state(
            run_id=run.pk,
            to=RunState.STOPPED,
            detail=_("There are no recipients: the audience of the campaign is empty."),
        )
        return False
    return change_run_state(run_id=run.pk, to=RunState.RUNNING, planned_at=shared.wall())


def _plan_chunk(*, run_id: int) -> bool:
    """Plan the next chunk; return False when there is none."""
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
        planned = insert_deliveries(
            run_id=run_id,
            people=targeted_contacts(of=run),
            after=run.planned_through,
            most=CHUNK[connection.vendor],
            list_ids=list(run.lists.values_list("pk", flat=True)),
            campaign_id=run.campaign_id,
            has_chosen_accounts=run.campaign.accounts.exists(),
            allows_strangers=run.allows_strangers,
        )
        if not planned:
            return False
        through = max(part.through for part in planned)
        CampaignRun.objects.filter(pk=run_id).update(planned_through=through)
        changes: Counter[TallyKey] = Counter()
        for part in planned:
            changes[run_id, TallyKind.TARGETED, ""] += part.deliveries
            changes[run_id, TallyKind.STATE, part.state] += part.deliveries
            if part.state == DeliveryState.SKIPPED:
                key = f"{part.state}:{part.reason}"
                changes[run_id, TallyKind.REASON, key] += part.deliveries
        add_tallies(shard=0, changes=changes)
        failpoint("in_chunk")
    return True


def _count_merged(run: CampaignRun) -> None:
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
