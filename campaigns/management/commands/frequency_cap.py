"""The command `frequency_cap show|set|unset`."""

from __future__ import annotations

import argparse
from typing import Any

from django.utils.translation import gettext as _

from campaigns.creation.default_cap import set_default_cap, unset_default_cap
from campaigns.creation.planning_choices import read_cap
from campaigns.models import DefaultCap
from campaigns.planning.rules import default_cap
from foundation.commands import OperatorCommand


class Command(OperatorCommand):
    """Show, set and unset the frequency cap for all campaigns."""

    help = "The frequency cap of campaigns without one of their own: show, set, unset."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        words = "show the cap and where it comes from"
        self.add_json_argument(actions.add_parser("show", help=words, description=words))
        words = "set the cap, in place of FREQUENCY_CAP"
        one = actions.add_parser("set", help=words, description=words)
        one.add_argument("cap", metavar="2/7d", help="at most 2 messages in 7 days to a person")
        self.add_json_argument(one)
        words = "go by FREQUENCY_CAP again"
        self.add_json_argument(actions.add_parser("unset", help=words, description=words))

    def perform(self, **options: Any) -> None:
        if options["action"] == "set":
            set_default_cap(cap=read_cap(options["cap"]))
        elif options["action"] == "unset":
            unset_default_cap()
        cap = default_cap()
        source = "console" if DefaultCap.objects.exists() else "environment"
        text = _("There is no frequency cap for all campaigns.")
        if cap is not None:
            text = _("Campaigns without a cap of their own: %(cap)s.") % {"cap": cap}
        self.answer(
            {"cap": str(cap) if cap is not None else None, "source": source},
            as_json=options["json"],
            text=text,
        )
