"""`manage.py prune`: remove what is older than its retention, or than a given age."""

from __future__ import annotations

import argparse
import re
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from foundation.commands import OperatorCommand
from foundation.terminal_tables import table
from operations.pruning.prune import chosen_kinds, count_old, prune

_AGE = re.compile(r"([0-9]{1,5})d?")


class Command(OperatorCommand):
    help = "Remove what is older than its retention (RETENTION_..._DAYS). Figures are kept."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--older-than", type=_age, metavar="365d", help="this age in place of the settings"
        )
        parser.add_argument(
            "--only", nargs="+", default=[], metavar="KIND", help="texts, attempts, inbound, runs …"
        )
        parser.add_argument("--dry-run", action="store_true", help="only count")
        self.add_json_argument(parser)

    def perform(self, **options: Any) -> None:
        """Count, or remove.

        Raises:
            Refusal: the age is less than the engine needs, or a kind is unknown.
        """
        chosen, age = chosen_kinds(options["only"]), options["older_than"]
        do = count_old if options["dry_run"] else prune
        done = do(chosen=chosen, age=age)
        words = {kind.name: kind.words for kind in chosen}
        text = table(
            heading=[_("what"), _("would be removed") if options["dry_run"] else _("removed")],
            rows=[[words[name], n] for name, n in done.items()],
        )
        if not done:
            text = _("Nothing has an age in the settings: everything is kept.")
        self.answer(
            {"dry_run": options["dry_run"], "removed": done}, as_json=options["json"], text=text
        )


def _age(text: str) -> timedelta:
    match = _AGE.fullmatch(text)
    if match is None or not int(match[1]):
        raise argparse.ArgumentTypeError(_("an age is a number of days like 365d, not %r") % text)
    return timedelta(days=int(match[1]))
