"""The command `quiet_hours list|add|remove`."""

from __future__ import annotations

import argparse
from typing import Any

from django.utils.translation import gettext as _

from accounts.wake_ups import wake_reconciler
from campaigns.creation.create_campaign import DEFAULT_TIMEZONE
from campaigns.creation.schedule import read_timezone
from foundation.commands import OperatorCommand
from foundation.refusals import Refusal
from foundation.weekly import Window, read_windows
from sending.models import QuietHours
from sending.runs.quiet_hours import add_quiet_hours, remove_quiet_hours

HELP = {
    "list": "list the quiet hours",
    "add": "add hours of every day in which nothing is sent",
    "remove": "remove quiet hours",
}


class Command(OperatorCommand):
    """List, add and remove quiet hours."""

    help = "Quiet hours, in which no campaign sends without the right to: list, add, remove."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        for action, words in HELP.items():
            one = actions.add_parser(action, help=words, description=words)
            if action != "list":
                one.add_argument("hours", metavar="22:00-08:00", help="from when until when")
                one.add_argument("--timezone", default=DEFAULT_TIMEZONE, metavar="TZ")
            self.add_json_argument(one)

    def perform(self, **options: Any) -> None:
        action = options["action"]
        if action != "list":
            start, end = _hours(options["hours"])
            read_timezone(options["timezone"])
            change = add_quiet_hours if action == "add" else remove_quiet_hours
            change(timezone=options["timezone"], start=start, end=end)
            wake_reconciler()
        items = [
            {
                "timezone": row.timezone,
                "start": row.start.isoformat("minutes"),
                "end": row.end.isoformat("minutes"),
            }
            for row in QuietHours.objects.all()
        ]
        text = "\n".join(f"{item['start']}-{item['end']} ({item['timezone']})" for item in items)
        self.answer(
            {"items": items, "next": None},
            as_json=options["json"],
            text=text or _("There are no quiet hours."),
        )


def _hours(text: str) -> Window:
    weekly = read_windows([text])
    if weekly is None or len(set(weekly)) != 1 or len(weekly[0]) != 1:
        raise Refusal(_("Write the quiet hours like 22:00-08:00."), code="window_malformed")
    return weekly[0][0]
