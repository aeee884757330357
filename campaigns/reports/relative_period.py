"""The days of a period such as "last 7 days", read on some day."""

from __future__ import annotations

from datetime import date, timedelta

from campaigns.report_states import ReportPeriod

_DAY = timedelta(days=1)


def days_of(period: str, today: date) -> tuple[date, date]:
    """Return the first and the last day of a period, both included. Today is in none.

    On the first of a month, "this month" is the month that has just ended.

    Args:
        period: a `ReportPeriod`.
        today: the day on which it is read.
    """
    yesterday = today - _DAY
    monday = today - timedelta(days=today.weekday())
    begins = {
        ReportPeriod.YESTERDAY: yesterday,
        ReportPeriod.LAST_7_DAYS: today - timedelta(days=7),
        ReportPeriod.LAST_30_DAYS: today - timedelta(days=30),
        ReportPeriod.LAST_WEEK: monday - timedelta(days=7),
        ReportPeriod.THIS_MONTH: yesterday.replace(day=1),
        ReportPeriod.LAST_MONTH: (today.replace(day=1) - _DAY).replace(day=1),
    }
    ends = {
        ReportPeriod.LAST_WEEK: monday - _DAY,
        ReportPeriod.LAST_MONTH: today.replace(day=1) - _DAY,
    }
    chosen = ReportPeriod(period)
    return begins[chosen], ends.get(chosen, yesterday)
