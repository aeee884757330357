"""The wording of a schedule: its rule, its windows and its dates."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns.models import Campaign
from campaigns.scheduling.dates import next_dates
from campaigns.scheduling.rule import read_rule
from campaigns.states import ScheduleState
from foundation.times import span
from foundation.weekly import format_spans, stored_windows

DAY_NAMES = (
    gettext_lazy("Monday"),
    gettext_lazy("Tuesday"),
    gettext_lazy("Wednesday"),
    gettext_lazy("Thursday"),
    gettext_lazy("Friday"),
    gettext_lazy("Saturday"),
    gettext_lazy("Sunday"),
)


def date_words(at: datetime, *, zone: str) -> str:
    """Return a date in words, in a time zone that is named: Tuesday, 2026-12-01 09:00 (...)."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{date_format(local, 'l')}, {local:%Y-%m-%d %H:%M} ({zone})"


def rule_words(repeat: str) -> str:
    """Return a repetition in words."""
    rule = read_rule(repeat)
    at = rule.at.isoformat("minutes")
    if rule.kind == "daily":
        return _("every day at %(at)s") % {"at": at}
    if rule.kind == "weekly":
        days = ", ".join(str(DAY_NAMES[day]) for day in rule.weekdays)
        return _("every week on %(days)s at %(at)s") % {"days": days, "at": at}
    if rule.kind == "monthly":
        words = _("every month on day %(day)d at %(at)s") % {"day": rule.day, "at": at}
        if rule.day > 28:
            words += " " + _("(in shorter months on the last day)")
        return words
    return _("by the cron line %(line)s") % {"line": rule.cron}


def end_words(campaign: Campaign) -> str:
    """Return where a repetition ends, in words; empty if it has no end."""
    if campaign.repeat_until is not None:
        return _("until %(at)s") % {"at": date_words(campaign.repeat_until, zone=campaign.timezone)}
    if campaign.repeat_times is not None:
        n = campaign.repeat_times
        return ngettext("%(n)d time", "%(n)d times", n) % {"n": n}
    return ""


def window_lines(windows: str) -> list[tuple[str, str]]:
    """Return the windows as (days, hours), equal days together; empty for any hour."""
    weekly = stored_windows(windows)
    if weekly is None:
        return []
    lines: list[tuple[int, int]] = []
    for day in range(7):
        if lines and weekly[lines[-1][1]] == weekly[day]:
            lines[-1] = lines[-1][0], day
        else:
            lines.append((day, day))
    return [
        (
            str(DAY_NAMES[first])
            if first == last
            else _("%(first)s to %(last)s") % {"first": DAY_NAMES[first], "last": DAY_NAMES[last]},
            format_spans(weekly[first]).replace("-", "–").replace(",", ", ") or _("closed"),
        )
        for first, last in lines
    ]


def deadline_words(campaign: Campaign) -> str:
    """Return the deadline in words; empty if there is none."""
    if campaign.deadline_at is not None:
        return date_words(campaign.deadline_at, zone=campaign.timezone)
    if campaign.deadline_after is not None:
        return _("%(span)s after each start") % {"span": span(campaign.deadline_after)}
    return ""


def schedule_sentence(campaign: Campaign) -> str:
    """Return a sentence on the state of a repeated campaign's schedule and its next date."""
    state = campaign.schedule_state
    if state == ScheduleState.PAUSED:
        reason = campaign.schedule_detail
        paused = _("The schedule is paused: no run starts until it is resumed.")
        return f"{paused} {reason}".strip()
    if state == ScheduleState.AWAITING_APPROVAL:
        waits = _("The schedule waits for an approval: its dates start nothing until then.")
        return f"{waits} {campaign.schedule_detail}".strip()
    if state == ScheduleState.ENDED:
        return _("The schedule has ended. %(why)s") % {"why": campaign.schedule_detail}
    dates = next_dates(campaign=campaign, most=1)
    if not dates:
        return _("The schedule has no date ahead.")
    words = {"at": date_words(dates[0], zone=campaign.timezone)}
    if state == ScheduleState.ON:
        return _("Next on %(at)s.") % words
    return _("Not started. If it were started now, its first date would be %(at)s.") % words
