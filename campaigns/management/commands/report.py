"""The command `report [save|saved|schedule|unschedule|mails|delete]`: figures over a period."""

from __future__ import annotations

import argparse
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.commands.output_file import STANDARD_OUTPUT, output_file
from campaigns.commands.report_arguments import (
    DAYS,
    add_report_arguments,
    asked_filter,
    mail_data,
    mails_text,
    report_text,
    saved_data,
    saved_text,
)
from campaigns.find import operator_named
from campaigns.models import ReportMail, SavedReport
from campaigns.reports.period import report_of_period
from campaigns.reports.period_table import write_period
from campaigns.reports.relative_period import days_of
from campaigns.saved_reports.keep import (
    delete_report,
    filter_of,
    find_report,
    save_report,
    schedule_report,
    stop_report,
)
from foundation.acts import take_out
from foundation.commands import OperatorCommand
from foundation.newest_pages import newest_page
from foundation.refusals import Refusal


class Command(OperatorCommand):
    """Show the figures of all campaigns over a period, save such reports, and send them."""

    help = "The figures of all campaigns over a period; save, saved, schedule: by e-mail."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add_report_arguments(parser, add_json=self.add_json_argument)

    def perform(self, **options: Any) -> None:
        getattr(self, f"_{options.get('action') or 'show'}")(options)

    def _show(self, options: dict[str, Any]) -> None:
        report = report_of_period(**_asked(options))
        file = options["file"]
        if file:
            take_out(what="report", file=file)
            refusal = _("The report cannot be written to %(file)s: %(why)s.")
            with output_file(file, self.stdout, refusal=refusal) as out:
                write_period(report=report, format=options["format"], out=out)
        if file == STANDARD_OUTPUT:
            return
        self.answer(report.as_data(), as_json=options["json"], text=report_text(report))

    def _save(self, options: dict[str, Any]) -> None:
        report = save_report(
            name=options["name"],
            period=options["period"],
            chosen=asked_filter(options, prefix="of_"),
        )
        text = _("“%(name)s” is saved.") % {"name": report.name}
        self.answer(saved_data(report), as_json=options["json"], text=text)

    def _saved(self, options: dict[str, Any]) -> None:
        reports = list(
            SavedReport.objects.select_related("label").prefetch_related(
                "labels", "campaigns", "accounts"
            )
        )
        self.answer(
            {
                "email": settings.EMAIL_IS_ON,
                "items": [saved_data(report) for report in reports],
                "next": None,
            },
            as_json=options["json"],
            text=_with_mail_note(saved_text(reports), any(one.every for one in reports)),
        )

    def _schedule(self, options: dict[str, Any]) -> None:
        report = schedule_report(
            report=find_report(name=options["name"]),
            every=options["every"],
            timezone=options["timezone"] or timezone.get_default_timezone_name(),
            recipients=[operator_named(name) for name in options["users"]],
        )
        data = {**saved_data(report), "email": settings.EMAIL_IS_ON}
        words = _("“%(name)s” is sent %(every)s (%(timezone)s) to %(to)s.") % {
            **data,
            "to": ", ".join(data["to"]),
        }
        self.answer(data, as_json=options["json"], text=_with_mail_note(words, True))

    def _unschedule(self, options: dict[str, Any]) -> None:
        report = stop_report(report=find_report(name=options["name"]))
        text = _("“%(name)s” is sent no more.") % {"name": report.name}
        self.answer(saved_data(report), as_json=options["json"], text=text)

    def _mails(self, options: dict[str, Any]) -> None:
        found = ReportMail.objects.select_related("report", "user")
        if options["report"] is not None:
            found = found.filter(report=find_report(name=options["report"]))
        shown, following = newest_page(found, options)
        self.answer(
            {
                "email": settings.EMAIL_IS_ON,
                "items": [mail_data(row) for row in shown],
                "next": following,
            },
            as_json=options["json"],
            text=mails_text(shown),
        )

    def _delete(self, options: dict[str, Any]) -> None:
        report = find_report(name=options["name"])
        delete_report(report=report)
        text = _("“%(name)s” is deleted.") % {"name": report.name}
        self.answer({"deleted": report.name}, as_json=options["json"], text=text)


def _asked(options: dict[str, Any]) -> dict[str, Any]:
    """Return the period and the filter that are asked for.

    Raises:
        Refusal: a saved report is named beside a period or a filter (`saved_and_more`), or one of
            the names is unknown.
    """
    until: date = options["until"] or timezone.localdate()
    since: date = options["since"] or until - timedelta(days=DAYS - 1)
    if not options["saved"]:
        return {"since": since, "until": until, "chosen": asked_filter(options)}
    if any(options[name] for name in ("since", "until", "label", "campaign", "account")):
        raise Refusal(
            _(
                "A saved report has its own period and filter: leave out --since, --until, "
                "--label, --campaign, --account."
            ),
            code="saved_and_more",
        )
    report = find_report(name=options["saved"])
    since, until = days_of(report.period, timezone.localdate())
    return {"since": since, "until": until, "chosen": filter_of(report)}


def _with_mail_note(text: str, is_sent: bool) -> str:
    if settings.EMAIL_IS_ON or not is_sent:
        return text
    note = _("E-mail is off, so nothing is sent: set EMAIL_URL and EMAIL_FROM.")
    return f"{text}\n{note}"
