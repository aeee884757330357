"""The dates on which a campaign will start."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from campaigns.models import Campaign
from campaigns.scheduling.rule import read_rule
from campaigns.states import STARTED_SCHEDULE_STATES, OccurrenceState, ScheduleState
from clocks import shared

#: The most dates that are listed at once.
MOST_DATES = 500
_TICK = timedelta(microseconds=1)


def next_dates(
    *, campaign: Campaign, most: int = 5, after: datetime | None = None
) -> list[datetime]:
    """Return the next dates on which the campaign starts or would start, in UTC.

    Dates that an operator cancelled are left out. For a campaign that is not started, the dates are
    those after a start now.

    Args:
        campaign: the campaign.
        most: how many at most.
        after: only later ones.
    """
    since = max(after, first_since(campaign)) if after is not None else first_since(campaign)
    if not campaign.repeat:
        starts_at = campaign.starts_at
        return [starts_at] if starts_at is not None and starts_at > since else []
    if campaign.schedule_state == ScheduleState.ENDED:
        return []
    cancelled = set(
        campaign.occurrences.filter(state=OccurrenceState.CANCELLED, at__gt=since).values_list(
            "at", flat=True
        )
        if campaign.pk
        else ()
    )
    dates = (at for at in dates_from(campaign, since) if at not in cancelled)
    return list(islice(dates, min(most, MOST_DATES)))


def dates_from(campaign: Campaign, since: datetime) -> Iterator[datetime]:
    """Yield the dates of a campaign's rule after a moment, cancelled ones included, to its end."""
    left, rule = campaign.repeat_times, read_rule(campaign.repeat)
    if left is not None and through(campaign) is not None:
        left = max(0, left - campaign.dates_passed)
    # A number of dates is counted from the next one on, also when only later ones are asked for.
    start = since if left is None else min(since, first_since(campaign))
    for position, at in enumerate(rule.dates(zone=ZoneInfo(campaign.timezone), after=start)):
        if left is not None and position >= left:
            return
        if campaign.repeat_until is not None and at > campaign.repeat_until:
            return
        if at > since:
            yield at


def first_since(campaign: Campaign) -> datetime:
    """Return the moment after which the campaign's next date lies."""
    begin, now = through(campaign), shared.wall()
    if begin is not None and campaign.schedule_state == ScheduleState.ON:
        return begin
    return max(begin, now) if begin is not None else beginning(campaign, now)


def beginning(campaign: Campaign, now: datetime) -> datetime:
    """Return the moment after which dates count when the schedule is started now."""
    return now if campaign.starts_at is None else max(now, campaign.starts_at - _TICK)


def through(campaign: Campaign) -> datetime | None:
    """Return the moment up to which dates have been handled; None before the start."""
    is_under_way = campaign.schedule_state in STARTED_SCHEDULE_STATES
    return campaign.scheduled_through if is_under_way else None
