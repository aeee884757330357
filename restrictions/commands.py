"""`users restrict` and `users lift`."""

from __future__ import annotations

import argparse
from typing import Any

from django.utils.translation import gettext as _

from foundation.commands import OperatorCommand
from restrictions.keep import lift, restrict
from users.commands.further_actions import FurtherAction


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--label", action="append", default=[], metavar="L", dest="labels")
    parser.add_argument("--pool", action="append", default=[], metavar="P", dest="pools")


def _no_arguments(_parser: argparse.ArgumentParser) -> None:
    pass


def _restrict(command: OperatorCommand, options: dict[str, Any]) -> None:
    made = restrict(options["name"], labels=options["labels"], pools=options["pools"])
    data = {
        "name": made.user.get_username(),
        "labels": [one.name for one in made.labels.order_by("name")],
        "pools": [one.name for one in made.pools.order_by("name")],
    }
    command.answer(data, as_json=options["json"], text=_("Done."))


def _lift(command: OperatorCommand, options: dict[str, Any]) -> None:
    lift(options["name"])
    data = {"name": options["name"], "labels": [], "pools": []}
    command.answer(data, as_json=options["json"], text=_("Done."))


RESTRICT = FurtherAction(
    "restrict", "let a user see only the accounts and lists of labels and pools", _add_arguments,
    _restrict,
)  # fmt: skip
LIFT = FurtherAction("lift", "let a restricted user see everything again", _no_arguments, _lift)
