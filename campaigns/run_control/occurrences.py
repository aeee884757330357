"""The tick of repeated campaigns: each date that has come starts a run, waits or is dropped.

The tick may run twice at once, late, or not at all for hours. It locks the campaign's row, and each
date has one row. Only the database's clock decides which dates have come.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from campaigns.approvals.coverage import approval_of_rule
from campaigns.approvals.definition import locked_definition
from campaigns.approvals.need import approval_needed
from campaigns.models import Campaign, CampaignRun, Occurrence
from campaigns.planning.prepare import wake_planner
from campaigns.run_control.new_run import make_run, refuse_unready
from campaigns.run_control.schedule import hold_schedule
from campaigns.scheduling.dates import dates_from
from campaigns.scheduling.late import LATE_AFTER, judge_start
from campaigns.scheduling.times import campaign_times
from campaigns.states import Late, OccurrenceState, ScheduleState
from clocks import shared
from foundation.fault_isolation import run_each
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from sending.runs.transitions import change_run_state
from sending.states import ACTIVE_RUN_STATES, RunState

#: Why a schedule waits that was approved or needed no approval before.
_ASKED = _("It was changed since it was approved, or needs an approval now.")
#: How many of the dates that passed during an outage get a row; all of them are counted.
MOST_DROPPED = 20


def start_due_occurrences() -> int:
    """Handle the dates that have come, campaign by campaign; return how many started a run."""
    campaigns = Campaign.objects.filter(schedule_state=ScheduleState.ON).order_by("pk")
    return sum(run_each(campaigns, do=_deal_with, on_failure=_pause, step="The schedule"))


def _deal_with(campaign: Campaign) -> bool:
    with transaction.atomic():
        found = (
            Campaign.objects.select_for_update(of=("self",))
            .filter(pk=campaign.pk, schedule_state=ScheduleState.ON)
            .first()
        )
        if found is None:
            return False  # an operator paused or ended it just now
        now = shared.wall()
        has_more = _pass_dates(found, now)
        waiting = found.occurrences.filter(state=OccurrenceState.WAITING).order_by("-at").first()
        has_started = waiting is not None and _start_or_wait(found, waiting, now)
        if not has_more and not found.occurrences.filter(state=OccurrenceState.WAITING).exists():
            found.schedule_state = ScheduleState.ENDED
            found.schedule_detail = _("Its last date has passed.")
            found.save(update_fields=["schedule_state", "schedule_detail"])
        return has_started


def _pass_dates(campaign: Campaign, now: datetime) -> bool:
    """Store the newest date that has come, drop older ones; return whether later ones exist."""
    since = campaign.scheduled_through or now
    # Cancelled by an operator, or handled before the clock was set back.
    decided = set(
        campaign.occurrences.filter(at__gt=since, at__lte=now).values_list("at", flat=True)
    )
    come: deque[datetime] = deque(maxlen=MOST_DROPPED + 1)
    count, last, has_more = 0, since, False
    for at in dates_from(campaign, since):
        if at > now:
            has_more = True
            break
        count, last = count + 1, at
        if at not in decided:
            come.append(at)
    if not count:
        return has_more
    if come:
        newest = come.pop()
        detail = _("A later date took its place.")
        campaign.occurrences.filter(state=OccurrenceState.WAITING).update(
            state=OccurrenceState.DROPPED, detail=detail, changed_at=now
        )
        dropped = OccurrenceState.DROPPED
        Occurrence.objects.bulk_create(
            Occurrence(campaign=campaign, at=at, state=dropped, detail=detail, changed_at=now)
            for at in come
        )
        Occurrence.objects.create(
            campaign=campaign, at=newest, state=OccurrenceState.WAITING, changed_at=now
        )
    campaign.scheduled_through, campaign.dates_passed = last, campaign.dates_passed + count
    Campaign.objects.filter(pk=campaign.pk).update(
        scheduled_through=last, dates_passed=campaign.dates_passed
    )
    return has_more


def _start_or_wait(campaign: Campaign, one: Occurrence, now: datetime) -> bool:
    """Start the run of a date if it may start now; return whether it did."""
    due_at = one.not_before or one.at
    if now < due_at:
        return False
    if campaign.deadline_after is not None and now >= due_at + timedelta(
        seconds=campaign.deadline_after
    ):
        return _drop(one, _("Its deadline passed before it could start."), now)
    times = campaign_times(campaign)
    verdict = judge_start(now=now, due_at=due_at, times=times, late=campaign.late)
    if verdict.drop:
        return _drop(one, verdict.drop, now)
    if verdict.wait_until is not None:
        one.not_before, one.changed_at = verdict.wait_until, now
        one.save(update_fields=["not_before", "changed_at"])
        return False
    if campaign.runs.filter(state__in=ACTIVE_RUN_STATES).exists():
        is_late = now - due_at > LATE_AFTER
        if is_late and campaign.late == Late.DROP:
            return _drop(one, _("The previous run was still under way."), now)
        return False
    return _start(campaign, one, now)


def _start(campaign: Campaign, one: Occurrence, now: datetime) -> bool:
    try:
        refuse_unready(campaign)
        with transaction.atomic():
            locked_definition(campaign)
            is_needed = approval_needed(campaign)
            approval = approval_of_rule(campaign) if is_needed else None
            if approval is None and is_needed:
                hold_schedule(campaign, by=None, detail=_ASKED)
                return False
            run = make_run(campaign, starts_at=one.at, moved_to=one.not_before)
            CampaignRun.objects.filter(pk=run.pk).update(approval=approval)
            change_run_state(run_id=run.pk, to=RunState.PREPARING)
            one.state, one.run, one.changed_at = OccurrenceState.STARTED, run, now
            one.save(update_fields=["state", "run", "changed_at"])
    except Refusal as refusal:
        return _drop(one, refusal.sentence, now)
    except IntegrityError:
        return False  # an operator started a run just now: the date waits for its end
    transaction.on_commit(lambda: wake_planner(run_id=run.pk))
    return True


def _drop(one: Occurrence, detail: str, now: datetime) -> bool:
    one.state, one.detail, one.changed_at = OccurrenceState.DROPPED, detail, now
    one.save(update_fields=["state", "detail", "changed_at"])
    return False


def _pause(campaign: Campaign, problem: Exception) -> None:
    """Pause the schedule of a campaign for which the tick failed, with the reason."""
    detail = (
        problem.sentence
        if isinstance(problem, Refusal)
        else _(
            "The schedule stopped because of a program error (%(error)s). The log of the jobs "
            "worker has the details: report them. Resume the schedule to try again."
        )
        % {"error": type(problem).__name__}
    )
    campaign.schedule_state, campaign.schedule_detail = ScheduleState.PAUSED, detail
    campaign.save(update_fields=["schedule_state", "schedule_detail"])
