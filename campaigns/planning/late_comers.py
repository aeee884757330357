"""The service that adds late-comers to a run: people who joined its audience after planning."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.db.models import Max, OuterRef
from django.utils.translation import gettext, ngettext

from campaigns.approvals.coverage import refuse_more_people
from campaigns.audience_query import next_people, targeted_contacts
from campaigns.models import CampaignRun
from campaigns.planning.order import LAST_RANK, SAME_RANK
from campaigns.planning.people_sql import Chunk
from campaigns.planning.plan import count_merged, count_planned
from campaigns.planning.plan_sql import Planned, insert_deliveries
from campaigns.planning.rules import rules_of_run
from campaigns.states import SendingOrder
from foundation.failpoints import failpoint
from foundation.look_ups import finds
from foundation.refusals import Refusal
from foundation.restricted import whole_tables
from foundation.sentences import Sentence as _
from sending.models import Delivery, RunEvent
from sending.states import RunState
from sending.wake_ups.wake import accounts_to_wake, wake_lanes

#: People per transaction. On SQLite fewer than in planning: here the accounts are chosen while
#: nobody else may write.
CHUNK = {"postgresql": 50_000, "sqlite": 5_000}
#: People of the audience, planned or not, who are looked at while the run is held.
LOOKED_AT = 50_000
#: No contact has a key so low.
_BEFORE_ALL = -(2**62)


def add_late_comers(*, run: CampaignRun, by: Any = None) -> int:
    """Plan the people who are in the run's audience now and were not planned; return how many.

    They get the run's own text, under its own rules, after the people planned before. People who
    left the audience stay planned. A second call plans no person again.

    Args:
        run: a run that is running or paused.
        by: the operator; None for the command line.

    Raises:
        Refusal: the run is not planned yet or has ended (`wrong_state`), a sequence adds its people
            (`of_sequence`), a segment cannot be evaluated, or no approval covers more people
            (`not_approved`, `changed`).
    """
    run.refresh_from_db()
    if run.state not in (RunState.RUNNING, RunState.PAUSED):
        raise _not_possible(run)
    refuse_more_people(run)
    if run.stays_open:
        raise Refusal(
            _("Run %(run)s belongs to a sequence, which adds people itself.") % {"run": str(run)},
            code="of_sequence",
        )
    added, behind = 0, _BEFORE_ALL
    # By ranges of the audience: of ten million planned people, one late-comer is found in a walk
    # over all of them, and in one transaction that would hold back a pause for as long.
    while (through := _end_of_range(run, behind=behind)) is not None:
        chunk = _add_range(run_id=run.pk, behind=behind, through=through)
        if chunk is None:
            break
        planned = sum(part.deliveries for part in chunk)
        added += planned
        # A full chunk may have left some of its range.
        is_full = planned >= CHUNK[connection.vendor]
        behind = max(part.through for part in chunk) if is_full else through
        if chunk:
            failpoint("in_late_comers")
    if added:
        count_merged(run)
        run.refresh_from_db()
        RunEvent.objects.create(
            run=run,
            state=run.state,
            detail=_("%(n)d late-comers were added.") % {"n": added},
            by=by,
        )
        wake_lanes(account_ids=accounts_to_wake(run_ids=[run.pk]))
    return added


def late_comers_sentence(added: int) -> str:
    """Return the result message for late-comers that were added."""
    if not added:
        return gettext("No new people have joined the audience since the run was planned.")
    return ngettext(
        "%(n)s person who joined the audience was added.",
        "%(n)s people who joined the audience were added.",
        added,
    ) % {"n": f"{added:,}"}


@whole_tables()
def _end_of_range(run: CampaignRun, *, behind: int) -> int | None:
    """Return the last of the next people of the audience, planned or not; None if there is none."""
    people = next_people(of=run, behind=behind, most=LOOKED_AT)
    found: int | None = people.aggregate(through=Max("pk"))["through"]
    return found


@whole_tables()
def _add_range(*, run_id: int, behind: int, through: int) -> list[Planned] | None:
    """Plan the next late-comers of a range; return None if the run has ended."""
    with transaction.atomic():
        # Locked as in planning: the run can neither end nor be planned by another process until the
        # chunk and its figures are written.
        run = (
            CampaignRun.objects.select_for_update(of=("self", "run"))
            .select_related("campaign")
            .get(pk=run_id)
        )
        if run.state not in (RunState.RUNNING, RunState.PAUSED):
            return None
        people = _late_comers(run, behind=behind, through=through)
        planned = insert_deliveries(rules=rules_of_run(run), people=people)
        count_planned(run_id=run_id, planned=planned)
        return planned


def _late_comers(run: CampaignRun, *, behind: int, through: int) -> Chunk:
    """Return the people of a range without a delivery.

    Each is looked up by key: PostgreSQL would compare each with all deliveries of the range.
    """
    in_range = Delivery.objects.filter(contact__gt=behind, contact__lte=through)
    planned = in_range.filter(run_id=run.pk, contact=OuterRef("pk"))
    people = targeted_contacts(of=run).filter(~finds(planned), pk__gt=behind, pk__lte=through)
    rank = SAME_RANK if run.order == SendingOrder.IMPORTED else str(LAST_RANK)
    return Chunk(people.order_by("pk")[: CHUNK[connection.vendor]], rank=rank)


def _not_possible(run: CampaignRun) -> Refusal:
    sentences = {
        RunState.PREPARING: _("Run %(run)s is being planned: wait until it runs."),
        RunState.SCHEDULED: _(
            "Run %(run)s has not begun: people who join before its start are planned with the "
            "others."
        ),
    }
    sentence = sentences.get(
        RunState(run.state),
        _("Run %(run)s is %(state)s: people can be added only while it is running or paused."),
    )
    return Refusal(
        sentence % {"run": str(run), "state": run.get_state_display()},
        code="wrong_state",
        state=run.state,
    )
