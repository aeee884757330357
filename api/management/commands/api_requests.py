"""The command `api_requests`: the log of requests to the API."""

from __future__ import annotations

import argparse
from typing import Any

from django.utils.translation import gettext as _

from api.models import ApiRequest
from api.request_log.data import request_data
from api.request_log.find import find_requests
from foundation.commands import OperatorCommand
from foundation.newest_pages import newest_page
from foundation.terminal_tables import table
from foundation.times import asked_moment, clock


class Command(OperatorCommand):
    """List the requests of programs, newest first."""

    help = "Show which program asked the HTTP API for what, and how it was answered."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--user", default="", metavar="USER", help="of this user")
        parser.add_argument("--token", default="", metavar="T", help="of tokens of this name")
        parser.add_argument(
            "--operation", default="", metavar="PATH", help="such as campaigns/{name} or GET people"
        )
        parser.add_argument(
            "--status", default="", metavar="S", help="404 or 4xx; refused for all from 400 on"
        )
        parser.add_argument("--since", metavar="TIME", help="not before this time, ISO 8601")
        parser.add_argument(
            "--after", type=int, default=0, metavar="N", help="go on after this one"
        )
        parser.add_argument("--limit", type=int, default=50, metavar="N", help="at most 1000")
        self.add_json_argument(parser)

    def perform(self, **options: Any) -> None:
        """List them.

        Raises:
            Refusal: the time or the status cannot be read.
        """
        found = find_requests(
            user=options["user"],
            token=options["token"],
            operation=options["operation"],
            status=options["status"],
            since=asked_moment(options["since"]) if options["since"] else None,
        )
        shown, following = newest_page(found, options)
        self.answer(
            {"items": [request_data(row) for row in shown], "next": following},
            as_json=options["json"],
            text=_text(shown),
        )


def _text(rows: list[ApiRequest]) -> str:
    if not rows:
        return _("No such request is in the log.")
    lines = [
        (
            clock(row.at), f"{row.who or '–'} / {row.token_name or '–'}",
            f"{row.method} {row.operation or '–'}", row.status, row.error, f"{row.took_ms} ms",
            row.times,
        )
        for row in rows
    ]  # fmt: skip
    heading = (
        _("time"), _("user / token"), _("operation"), _("status"), _("refusal"), _("took"),
        _("times"),
    )  # fmt: skip
    return table(heading=heading, rows=lines)
