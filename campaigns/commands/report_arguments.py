"""The arguments of the command `report`, and saved reports as JSON and as tables."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from accounts.lookup import find_accounts
from campaigns.find import find_campaign
from campaigns.models import ReportMail, SavedReport
from campaigns.report_states import ReportPeriod
from campaigns.reports.period import PeriodReport
from campaigns.reports.period_figures import PeriodFigures
from campaigns.reports.period_table import FORMATS
from campaigns.reports.report_filter import ReportFilter, in_order
from campaigns.saved_reports.keep import filter_of
from foundation.terminal_tables import table
from foundation.times import clock, utc_iso
from labels.labelling import find_labels
from tabular.arguments import uin_argument

#: Days of the period that is shown when none is given.
DAYS = 30
HELP = {
    "save": "save a report: a name, a period and what it is about; again: change it",
    "saved": "list the saved reports, with their mails",
    "schedule": "send a saved report by e-mail, daily, weekly or monthly",
    "unschedule": "send a saved report no more",
    "mails": "what was sent to whom, newest first",
    "delete": "delete a saved report",
}


def add_report_arguments(
    parser: argparse.ArgumentParser, *, add_json: Callable[[argparse.ArgumentParser], None]
) -> None:
    """Add the arguments of the report itself, and the actions on saved ones."""
    parser.add_argument(
        "--since", type=_day, metavar="DAY", help=f"first day; default: {DAYS} days in all"
    )
    parser.add_argument("--until", type=_day, metavar="DAY", help="last day; default: today")
    _add_filter(parser)
    parser.add_argument("--saved", default="", metavar="NAME", help="as this saved report says")
    parser.add_argument("--format", choices=FORMATS, default="csv", help="of the file")
    words = "write a row for each run; - for standard output"
    parser.add_argument("--out", dest="file", default="", metavar="FILE", help=words)
    add_json(parser)
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    made = {
        action: actions.add_parser(action, help=words, description=words)
        for action, words in HELP.items()
    }
    for action, one in made.items():
        if action in ("save", "schedule", "unschedule", "delete"):
            one.add_argument("name", metavar="NAME")
        add_json(one)
    made["save"].add_argument("--period", required=True, choices=ReportPeriod.values)
    _add_filter(made["save"], prefix="of_")
    schedule = made["schedule"]
    schedule.add_argument(
        "--every", required=True, metavar="RULE",
        help="daily@09:00, weekly@mon,thu 09:00 or monthly@1 09:00",
    )  # fmt: skip
    schedule.add_argument("--timezone", default="", metavar="TZ", help="default: TIME_ZONE")
    schedule.add_argument(
        "--to", dest="users", action="append", required=True, metavar="USER",
        help="repeat it for more",
    )  # fmt: skip
    mails = made["mails"]
    mails.add_argument("--report", metavar="NAME", help="of this saved report alone")
    mails.add_argument("--after", type=int, default=0, metavar="N", help="go on after this one")
    mails.add_argument("--limit", type=int, default=50, metavar="N", help="at most 1000")


def _add_filter(parser: argparse.ArgumentParser, *, prefix: str = "") -> None:
    """Add what a report is about; each may be repeated.

    Args:
        parser: of the report itself, or of an action on saved ones.
        prefix: of the destinations: an action's arguments share a namespace with the command's.
    """
    parser.add_argument(
        "--label", dest=f"{prefix}label", action="append", metavar="NAME",
        help="campaigns of this label; repeat it for more",
    )  # fmt: skip
    parser.add_argument(
        "--campaign", dest=f"{prefix}campaign", action="append", metavar="NAME",
        help="this campaign; repeat it for more",
    )  # fmt: skip
    parser.add_argument(
        "--account", dest=f"{prefix}account", action="append", type=uin_argument, metavar="UIN",
        help="only what this account sent; repeat it for more",
    )  # fmt: skip


def asked_filter(options: Mapping[str, Any], *, prefix: str = "") -> ReportFilter:
    """Return the campaigns and accounts that a command names.

    Raises:
        Refusal: a name or a UIN is unknown.
    """
    labels = options[f"{prefix}label"] or ()
    if isinstance(labels, str):  # as the API took it when there was one
        labels = [labels]
    campaigns = {
        one.pk: one
        for one in (find_campaign(name=name) for name in options[f"{prefix}campaign"] or ())
    }
    return ReportFilter(
        in_order(find_labels(names=[name for name in labels if name])),
        in_order(campaigns.values()),
        in_order(find_accounts(uins=options[f"{prefix}account"] or ())),
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no date such as 2026-11-30") from None


def saved_data(report: SavedReport) -> dict[str, Any]:
    """Return a saved report for JSON. The keys are a public interface."""
    return {
        "name": report.name,
        "period": report.period,
        "label": report.label.name if report.label is not None else None,
        **filter_of(report).as_data(),
        "every": report.every or None,
        "timezone": report.timezone or None,
        "to": [user.get_username() for user in report.recipients.order_by("username")],
        "next_at": utc_iso(report.next_at),
    }


def mail_data(mail: ReportMail) -> dict[str, Any]:
    """Return a mail for JSON. The keys are a public interface."""
    return {
        "id": mail.pk,
        "report": mail.report.name,
        "due_at": utc_iso(mail.due_at),
        "since": mail.since.isoformat(),
        "until": mail.until.isoformat(),
        "user": mail.user.get_username(),
        "address": mail.address,
        "state": mail.state,
        "tries": mail.tries,
        "sent_at": utc_iso(mail.sent_at),
        "last_error": str(mail.last_error),
    }


def saved_text(reports: Iterable[SavedReport]) -> str:
    """Return saved reports as a table."""
    rows = []
    for report in reports:
        data = saved_data(report)
        rows.append(
            (
                report.name, report.get_period_display(),
                "; ".join(f"{words}: {names}" for words, names in filter_of(report).words()),
                " ".join(filter(None, (data["every"], data["timezone"]))), ", ".join(data["to"]),
            )
        )  # fmt: skip
    heading = (_("name"), _("period"), _("only"), _("sent"), _("to"))
    return table(heading=heading, rows=rows) if rows else _("There are no saved reports.")


def mails_text(mails: Iterable[ReportMail]) -> str:
    """Return mails as a table."""
    rows = [
        (
            clock(mail.due_at), mail.report.name, mail.address, mail.get_state_display(),
            mail.tries, str(mail.last_error),
        )
        for mail in mails
    ]  # fmt: skip
    heading = (_("due"), _("report"), _("to"), _("state"), _("tries"), _("last problem"))
    return table(heading=heading, rows=rows) if rows else _("No report was sent by e-mail yet.")


def report_text(report: PeriodReport) -> str:
    """Return the figures of a period as a table of its runs."""
    lines = [(f"{run.campaign.name} #{run.number}", figures) for run, figures in report.runs]
    rows = [(words, *_numbers(figures)) for words, figures in lines]
    heading = (_("run"), _("people"), _("sent"), _("failed"), _("replied"), _("opted out"))
    return table(heading=heading, rows=[*rows, (_("all"), *_numbers(report.total))])


def _numbers(figures: PeriodFigures) -> tuple[int, ...]:
    failed = figures.states["failed"]
    return figures.targeted, figures.sent, failed, figures.replied, figures.opted_out
