"""The command `warm_up_curve create|list|delete`."""

from __future__ import annotations

import argparse
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _

from accounts.models import WarmUpCurve
from accounts.warm_ups import create_curve, find_curve, read_limits
from foundation.commands import OperatorCommand
from foundation.deletion import delete_row


class Command(OperatorCommand):
    """Create, list and delete warm-up curves."""

    help = "Warm-up curves, by which new accounts send more each day: create, list, delete."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        words = "create a curve"
        one = actions.add_parser("create", help=words, description=words)
        one.add_argument("name", metavar="NAME", help="the curve")
        one.add_argument(
            "--days", required=True, metavar="N,N,..", help='messages of each day: "10, 20, 40"'
        )
        one.add_argument(
            "--worst-percent",
            type=int,
            default=5,
            metavar="N",
            help="the share of bad codes above which a day does not count; default 5",
        )
        self.add_json_argument(one)
        words = "list the curves"
        self.add_json_argument(actions.add_parser("list", help=words, description=words))
        words = "delete a curve; refused while an account warms up by it"
        one = actions.add_parser("delete", help=words, description=words)
        one.add_argument("name", metavar="NAME", help="the curve")
        self.add_json_argument(one)

    def perform(self, **options: Any) -> None:
        if options["action"] == "create":
            create_curve(
                name=options["name"],
                limits=read_limits(options["days"]),
                worst_percent=options["worst_percent"],
            )
        elif options["action"] == "delete":
            delete_row(row=find_curve(name=options["name"]))
        items = [
            {
                "name": curve.name,
                "days": curve.limits,
                "worst_percent": curve.worst_percent,
                "accounts": curve.account_count,
            }
            for curve in WarmUpCurve.objects.annotate(account_count=Count("warm_ups"))
        ]
        text = "\n".join(f"{item['name']}: {', '.join(map(str, item['days']))}" for item in items)
        self.answer(
            {"items": items, "next": None},
            as_json=options["json"],
            text=text or _("There are no warm-up curves."),
        )
