"""The preflight of the schedule: when sending begins and ends, and what the deadline cancels."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.models import Campaign
from campaigns.planning.preflight_result import Preflight
from campaigns.scheduling.dates import next_dates
from campaigns.scheduling.times import campaign_times, deadline_of, missing_years_sentence
from clocks import shared
from foundation.times import clock, span
from sending.runs.windows import SendingTimes, forecast

MINUTE = 60.0


def check_schedule(*, campaign: Campaign, found: Preflight) -> None:
    """Fill in start, end and the messages after the deadline; add sentences about the schedule.

    Args:
        campaign: the campaign.
        found: the preflight, with its load per account.
    """
    now, times = shared.wall(), campaign_times(campaign)
    dates = next_dates(campaign=campaign, most=1)
    begins = dates[0] if dates else now
    if campaign.repeat and not dates:
        found.problems.append(
            _("Its schedule has no date ahead: change the repetition or its end.")
        )
    found.starts_at = times.next_opening(begins)
    if found.starts_at is None:
        found.problems.append(
            _(
                "No sending window opens within a year: the windows, the holidays and the quiet "
                "hours leave no time to send."
            )
        )
        return
    if found.starts_at > begins:
        found.warnings.append(
            _("Sending begins at %(at)s, when the sending window opens.")
            % {"at": clock(found.starts_at, zone=campaign.timezone)}
        )
    if found.per_account:
        needed = max(one.seconds for one in found.per_account)
        if campaign.per_minute is not None:
            by_rate = found.sendable * MINUTE / campaign.per_minute
            if by_rate > needed:
                needed = by_rate
                found.warnings.append(_by_rate(campaign.per_minute, by_rate))
        found.finishes_at = forecast(now=begins, seconds=needed, times=times)
    _check_deadline(campaign, found, times=times, begins=begins)
    last = found.finishes_at or begins
    if campaign.holidays is not None:
        until = max(last, now).astimezone(ZoneInfo(campaign.timezone)).date()
        sentence = missing_years_sentence(campaign.holidays, until=until)
        found.warnings += [sentence] if sentence else []


def _check_deadline(
    campaign: Campaign, found: Preflight, *, times: SendingTimes, begins: datetime
) -> None:
    deadline = deadline_of(campaign, starts_at=begins)
    if deadline is None:
        return
    open_seconds = sum(
        (closes - opens).total_seconds()
        for opens, closes in times.spans(since=begins, until=deadline)
    )
    for one in found.per_account:
        in_time = one.messages
        if one.seconds > open_seconds:
            in_time = int(one.messages * open_seconds / one.seconds)
        found.past_deadline += one.messages - in_time
    if campaign.per_minute is not None:
        by_rate = int(open_seconds * campaign.per_minute / MINUTE)
        found.past_deadline = max(found.past_deadline, found.sendable - by_rate)
    if found.past_deadline:
        sentence = ngettext(
            "%(n)s message will not be sent before the deadline %(at)s.",
            "%(n)s messages will not be sent before the deadline %(at)s.",
            found.past_deadline,
        )
        at = clock(deadline, zone=campaign.timezone)
        found.warnings.append(sentence % {"n": f"{found.past_deadline:,}", "at": at})


def _by_rate(per_minute: int, seconds: float) -> str:
    sentence = ngettext(
        "The campaign's own rate of %(n)s a minute decides how long it takes: %(span)s.",
        "The campaign's own rate of %(n)s a minute decides how long it takes: %(span)s.",
        per_minute,
    )
    return sentence % {"n": f"{per_minute:,}", "span": span(seconds)}
