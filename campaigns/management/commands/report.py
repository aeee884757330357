"""The command `report`: the figures of all campaigns over a period."""

from __future__ import annotations

import argparse
from datetime import date, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.commands.output_file import STANDARD_OUTPUT, output_file
from campaigns.reports.period import PeriodFigures, PeriodReport, report_of_period
from campaigns.reports.period_table import FORMATS, write_period
from foundation.acts import take_out
from foundation.commands import OperatorCommand
from foundation.terminal_tables import table
from labels.labelling import find_labels

#: Days of the period that is shown when none is given.
DAYS = 30


class Command(OperatorCommand):
    """Show the figures of all campaigns over a period, or write its runs to a file."""

    help = "The figures of all campaigns over a period: by run, label, reason, day and hour."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--since", type=_day, metavar="DAY", help=f"first day; default: {DAYS} days in all"
        )
        parser.add_argument("--until", type=_day, metavar="DAY", help="last day; default: today")
        parser.add_argument("--label", default="", metavar="NAME", help="campaigns of this label")
        parser.add_argument("--format", choices=FORMATS, default="csv", help="of the file")
        words = "write a row for each run; - for standard output"
        parser.add_argument("--out", dest="file", default="", metavar="FILE", help=words)
        self.add_json_argument(parser)

    def perform(self, **options: Any) -> None:
        until = options["until"] or timezone.localdate()
        since = options["since"] or until - timedelta(days=DAYS - 1)
        names = [options["label"]] if options["label"] else []
        label = next(iter(find_labels(names=names)), None)
        report = report_of_period(since=since, until=until, label=label)
        file = options["file"]
        if file:
            take_out(what="report", file=file)
            refusal = _("The report cannot be written to %(file)s: %(why)s.")
            with output_file(file, self.stdout, refusal=refusal) as out:
                write_period(report=report, format=options["format"], out=out)
        if file == STANDARD_OUTPUT:
            return
        self.answer(report.as_data(), as_json=options["json"], text=_text(report))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no date such as 2026-11-30") from None


def _text(report: PeriodReport) -> str:
    lines = [(f"{run.campaign.name} #{run.number}", figures) for run, figures in report.runs]
    rows = [(words, *_numbers(figures)) for words, figures in lines]
    heading = (_("run"), _("people"), _("sent"), _("failed"), _("replied"), _("opted out"))
    return table(heading=heading, rows=[*rows, (_("all"), *_numbers(report.total))])


def _numbers(figures: PeriodFigures) -> tuple[int, ...]:
    failed = figures.states["failed"]
    return figures.targeted, figures.sent, failed, figures.replied, figures.opted_out
