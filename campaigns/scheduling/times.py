"""When a campaign may send: its windows, its holidays and the quiet hours."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from campaigns.models import Campaign, HolidayCalendar
from clocks import shared
from foundation.weekly import stored_windows
from sending.runs.windows import SendingTimes, load_quiet_hours, quiet_for

#: How far back a run needs dates: in its time zone it may be an earlier day than here.
_BACK = timedelta(days=2)


def calendar_days(calendar: HolidayCalendar | None) -> dict[str, str]:
    """Return the dates of a calendar from about today on, as a run keeps them: ISO date to kind."""
    if calendar is None:
        return {}
    since = shared.wall().date() - _BACK
    rows = calendar.dates.filter(date__gte=since).order_by("date").values_list("date", "kind")
    return {day.isoformat(): kind for day, kind in rows}


def missing_years(calendar: HolidayCalendar, *, until: date) -> list[int]:
    """Return the years from this one to `until` for which a calendar has no date at all."""
    years = range(shared.wall().year, until.year + 1)
    known = {day.year for day in calendar.dates.dates("date", "year")}
    return [year for year in years if year not in known]


def missing_years_sentence(calendar: HolidayCalendar, *, until: date) -> str:
    """Return a sentence about the years up to a date that a calendar lacks; "" if it lacks none."""
    years = missing_years(calendar, until=until)
    if not years:
        return ""
    return _(
        "The holiday calendar “%(name)s” has no dates for %(years)s: there, only the windows "
        "count. Add the dates when they are published."
    ) % {"name": calendar.name, "years": ", ".join(map(str, years))}


def campaign_times(campaign: Campaign) -> SendingTimes:
    """Return when a run of the campaign may send, by its present settings."""
    days = calendar_days(campaign.holidays)
    return SendingTimes(
        zone=campaign.timezone,
        weekly=stored_windows(campaign.windows),
        days={date.fromisoformat(day): kind for day, kind in days.items()},
        quiet=()
        if campaign.overrides_quiet_hours
        else quiet_for(zone=campaign.timezone, quiet=load_quiet_hours()),
    )


def deadline_of(campaign: Campaign, *, starts_at: datetime) -> datetime | None:
    """Return the deadline of a run whose start was planned for a moment; None for none."""
    if campaign.deadline_after is not None:
        return starts_at + timedelta(seconds=campaign.deadline_after)
    return campaign.deadline_at
