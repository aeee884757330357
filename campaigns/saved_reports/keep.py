"""The services that save a report, delete it, and set when it is sent to whom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from campaigns.creation.schedule import read_timezone
from campaigns.models import SavedReport
from campaigns.report_states import ReportPeriod
from campaigns.reports.report_filter import ReportFilter, in_order
from campaigns.saved_reports.recipients import refuse_unfit
from campaigns.scheduling.rule import Rule, read_rule
from clocks import shared
from foundation.find_named import find_named
from foundation.locked_rows import locked_row
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

#: The most saved reports, and the most users that one is sent to.
MOST_REPORTS, MOST_RECIPIENTS = 200, 50
#: The most labels, campaigns and accounts that one is about, each.
MOST_CHOSEN = 100


def find_report(*, name: str) -> SavedReport:
    """Return the saved report of this name.

    Raises:
        Refusal: there is none (`report_unknown`).
    """
    missing = _("There is no saved report “%(name)s”.")
    return find_named(SavedReport, name, missing=missing, code="report_unknown")


def save_report(*, name: str, period: str, chosen: ReportFilter | None = None) -> SavedReport:
    """Save a report; one of the same name is changed, and keeps its dates.

    Args:
        name: its name.
        period: a ReportPeriod.
        chosen: the campaigns and accounts that it is about; None: all.

    Raises:
        Refusal: the name cannot be one, the period is unknown (`period_unknown`), more than
            MOST_CHOSEN of a kind are chosen (`filter_many`), or there are MOST_REPORTS already
            (`reports_many`).
    """
    chosen = chosen or ReportFilter()
    if period not in ReportPeriod.values:
        raise Refusal(
            _("There is no period “%(period)s”: choose %(known)s.")
            % {"period": period[:50], "known": ", ".join(ReportPeriod.values)},
            code="period_unknown",
        )
    if max(map(len, (chosen.labels, chosen.campaigns, chosen.accounts))) > MOST_CHOSEN:
        raise Refusal(
            _("A saved report is about %(n)d labels, campaigns and accounts each at most.")
            % {"n": MOST_CHOSEN},
            code="filter_many",
        )
    report: SavedReport | None = SavedReport.objects.named(name)
    if report is None:
        if SavedReport.objects.count() >= MOST_REPORTS:
            raise Refusal(
                _("There are %(n)d saved reports already. Delete one that is not needed.")
                % {"n": MOST_REPORTS},
                code="reports_many",
            )
        report = SavedReport(name=name)
    report.period, report.label = period, next(iter(chosen.labels), None)
    with transaction.atomic():
        report.save()
        report.labels.set(chosen.labels)
        report.campaigns.set(chosen.campaigns)
        report.accounts.set(chosen.accounts)
    return report


def filter_of(report: SavedReport) -> ReportFilter:
    """Return the campaigns and accounts that a saved report is about."""
    return ReportFilter(
        in_order(report.chosen_labels()),
        in_order(report.campaigns.all()),
        in_order(report.accounts.all()),
    )


def delete_report(*, report: SavedReport) -> None:
    """Delete a saved report with the record of its mails."""
    report.delete()


def schedule_report(
    *, report: SavedReport, every: str, timezone: str, recipients: Sequence[Any]
) -> SavedReport:
    """Set when a report is sent by e-mail, and to whom. It is sent from the next date on.

    Args:
        report: the report.
        every: "daily@09:00", "weekly@mon,thu 09:00" or "monthly@1 09:00".
        timezone: of these times, and of the days of the report.
        recipients: users.

    Raises:
        Refusal: the rule cannot be read (`repeat_malformed`) or the time zone is unknown
            (`timezone_unknown`); nobody gets it, or too many (`recipients_none`,
            `recipients_many`); or a user cannot get reports.
    """
    rule, zone = read_mail_rule(every), read_timezone(timezone)
    users = list({user.pk: user for user in recipients}.values())
    if not users:
        raise Refusal(_("Choose at least one user who gets the report."), code="recipients_none")
    if len(users) > MOST_RECIPIENTS:
        raise Refusal(
            _("A report is sent to %(n)d users at most.") % {"n": MOST_RECIPIENTS},
            code="recipients_many",
        )
    for user in users:
        refuse_unfit(user)
    with transaction.atomic():
        report = locked_row(report)
        report.every, report.timezone = str(rule), zone.key
        report.next_at = next_date(rule, zone, after=shared.wall())
        report.save(update_fields=["every", "timezone", "next_at"])
        report.recipients.set(users)
    return report


def stop_report(*, report: SavedReport) -> SavedReport:
    """Send a report no more; it stays saved, and mails that are queued are still sent.

    Raises:
        Refusal: it is not sent anyway (`not_scheduled`).
    """
    if not report.every:
        raise Refusal(
            _("“%(name)s” is not sent by e-mail.") % {"name": report.name}, code="not_scheduled"
        )
    with transaction.atomic():
        report = locked_row(report)
        report.every, report.timezone, report.next_at = "", "", None
        report.save(update_fields=["every", "timezone", "next_at"])
        report.recipients.clear()
    return report


def read_mail_rule(text: str) -> Rule:
    """Return the rule of a report's dates: daily, weekly or monthly.

    Raises:
        Refusal: it is none (`repeat_malformed`).
    """
    rule = read_rule(text)
    if rule.kind == "cron":
        raise Refusal(
            _("A report is sent daily, weekly or monthly: write it like weekly@mon 09:00."),
            code="repeat_malformed",
        )
    return rule


def next_date(rule: Rule, zone: ZoneInfo, *, after: datetime) -> datetime | None:
    """Return the first date of a rule after a moment."""
    return next(rule.dates(zone=zone, after=after), None)
