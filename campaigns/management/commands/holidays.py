"""The command `holidays import|list|show`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from django.db.models import Count, Max, Min, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.find import find_holidays
from campaigns.models import HolidayCalendar, HolidayKind
from campaigns.scheduling.holiday_file import import_holidays
from foundation.commands import OperatorCommand
from tabular.given_files import given_file


class Command(OperatorCommand):
    """Import, list and show holiday calendars."""

    help = "Holiday calendars, which campaigns may follow: import, list, show."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        words = "add the dates of a file to a calendar: columns date, kind, name"
        one = actions.add_parser("import", help=words, description=words)
        one.add_argument("file", type=Path, metavar="FILE")
        one.add_argument("--name", required=True, metavar="NAME", help="the calendar")
        self.add_json_argument(one)
        words = "list the calendars"
        self.add_json_argument(actions.add_parser("list", help=words, description=words))
        words = "list the dates of a calendar"
        one = actions.add_parser("show", help=words, description=words)
        one.add_argument("name", metavar="NAME", help="the calendar")
        one.add_argument("--year", type=int, metavar="YYYY", help="only this year")
        self.add_json_argument(one)

    def perform(self, **options: Any) -> None:
        getattr(self, f"_{options['action']}")(options)

    def _import(self, options: dict[str, Any]) -> None:
        with given_file(options["file"]) as path:
            calendar, count = import_holidays(
                path=path, name=options["name"], file_name=options["file"].name
            )
        words = ngettext("%(n)d date in “%(name)s”.", "%(n)d dates in “%(name)s”.", count)
        self.answer(
            {"calendar": calendar.name, "dates": count},
            as_json=options["json"],
            text=words % {"n": count, "name": calendar.name},
        )

    def _list(self, options: dict[str, Any]) -> None:
        calendars = HolidayCalendar.objects.annotate(
            holidays=Count("dates", filter=Q(dates__kind=HolidayKind.HOLIDAY)),
            workdays=Count("dates", filter=Q(dates__kind=HolidayKind.WORKDAY)),
            first=Min("dates__date"),
            last=Max("dates__date"),
        )
        items = [
            {
                "name": one.name,
                "source": one.source,
                "holidays": one.holidays,
                "workdays": one.workdays,
                "first": one.first and one.first.isoformat(),
                "last": one.last and one.last.isoformat(),
            }
            for one in calendars
        ]
        text = "\n".join(
            _(
                "%(name)s: %(holidays)d holidays, %(workdays)d moved working days, "
                "%(first)s to %(last)s"
            )
            % item
            for item in items
        )
        self.answer(
            {"items": items, "next": None},
            as_json=options["json"],
            text=text or _("There are no holiday calendars. Import one."),
        )

    def _show(self, options: dict[str, Any]) -> None:
        dates = find_holidays(name=options["name"]).dates.order_by("date")
        if options["year"] is not None:
            dates = dates.filter(
                date__gte=f"{_year(options):04d}-01-01", date__lte=f"{_year(options):04d}-12-31"
            )
        items = [
            {"date": one.date.isoformat(), "kind": one.kind, "name": one.name} for one in dates
        ]
        text = "\n".join("  ".join(filter(None, item.values())) for item in items)
        self.answer(
            {"items": items, "next": None},
            as_json=options["json"],
            text=text or _("The calendar has no such dates."),
        )


def _year(options: dict[str, Any]) -> int:
    return min(max(int(options["year"]), 1), 9999)
