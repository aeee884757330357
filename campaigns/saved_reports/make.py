"""Makes the mails of the reports that are due: one for each user and date."""

from __future__ import annotations

import logging
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from campaigns.models import ReportMail, SavedReport
from campaigns.reports.relative_period import days_of
from campaigns.saved_reports.recipients import address_of, refuse_unfit
from campaigns.scheduling.rule import read_rule
from clocks import shared
from foundation.fault_isolation import run_each
from foundation.refusals import Refusal

log = logging.getLogger(__name__)


def make_mails() -> int:
    """Make the mails that are due, and return how many.

    While e-mail is off, none are made and no date passes: once it is on, the newest date that was
    missed is sent.
    """
    if not settings.EMAIL_IS_ON:
        return 0
    due = SavedReport.objects.filter(next_at__lte=shared.wall())
    return sum(run_each(due, do=_make, on_failure=_stop, step="The mail of the report"))


def _make(report: SavedReport) -> int:
    """Make the mails of one report for its newest date, and go on to the next date.

    The date is moved by a conditional UPDATE in the same transaction, and the unique constraint
    keeps one mail of each: two processes, or one that is killed in between, make no second one.
    """
    zone = ZoneInfo(report.timezone)
    due, following = _dates(report, zone)
    since, until = days_of(report.period, due.astimezone(zone).date())
    with transaction.atomic():
        moved = SavedReport.objects.filter(pk=report.pk, next_at=report.next_at).update(
            next_at=following
        )
        if not moved:
            return 0  # another process was faster, or an operator changed it
        now = shared.wall()
        mails = [
            ReportMail(
                report=report,
                due_at=due,
                since=since,
                until=until,
                user=user,
                address=address_of(user),
                next_at=now,
            )
            for user in report.recipients.order_by("pk")
            if _is_fit(user)
        ]
        ReportMail.objects.bulk_create(mails, ignore_conflicts=True)
    return len(mails)


def _dates(report: SavedReport, zone: ZoneInfo) -> tuple[datetime, datetime | None]:
    """Return the newest date that has come, and the one after it."""
    now = shared.wall()
    due = report.next_at
    assert due is not None
    for at in read_rule(report.every).dates(zone=zone, after=due):
        if at > now:
            return due, at
        due = at
    return due, None


def _is_fit(user: object) -> bool:
    try:
        refuse_unfit(user)
    except Refusal:
        return False
    return True


def _stop(report: SavedReport, _problem: Exception) -> None:
    """Send a report no more whose dates cannot be read: it would fail at every tick."""
    SavedReport.objects.filter(pk=report.pk).update(next_at=None)
