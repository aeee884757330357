"""The base of every command an operator types: sentences, exit status, JSON for machines."""

from __future__ import annotations

import argparse
import json
import math
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils.translation import gettext as _

from foundation.refusals import Refusal

DONE, REFUSED, WRONG_USAGE = 0, 1, 2
#: Longer than this, about 30 years, is a slip of the pen; and dates have an end.
LONGEST_SECONDS = 1e9


class OperatorCommand(BaseCommand):
    """Exit status 0 for done, 1 for a refusal with its reason, 2 for wrong usage.

    Subclasses implement `perform` and raise `Refusal`. With `--json` the answer, or the refusal as
    {"error": code, "sentence": ...}, is one line of JSON on standard output.
    """

    requires_system_checks: list[str] = []

    def add_json_argument(self, parser: argparse.ArgumentParser) -> None:
        """Offer --json."""
        parser.add_argument("--json", action="store_true", help="one line of JSON for machines")

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        # argparse's own exit, status 2, instead of Django's CommandError with status 1: for this
        # parser and for those of its actions.
        self._called_from_command_line = True
        return super().create_parser(prog_name, subcommand, **kwargs)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.refuse_wrong_settings()
            self.perform(**options)
        except Refusal as refusal:
            self._refuse(refusal, as_json=bool(options.get("json")))
        except DatabaseError as problem:
            self._refuse(_database_refusal(problem), as_json=bool(options.get("json")))

    def refuse_wrong_settings(self) -> None:
        """See that the environment could be read.

        For a value that could not, the settings hold a default: a misspelt DATABASE_URL would
        have the command act on another database.

        Raises:
            Refusal: it could not.
        """
        if settings.ENVIRONMENT_PROBLEMS:
            raise Refusal(" ".join(settings.ENVIRONMENT_PROBLEMS), code="wrong_settings")

    def perform(self, **options: Any) -> None:
        """Do what was asked.

        Raises:
            Refusal: it is not done, and why.
        """
        raise CommandError(f"{type(self).__module__} does not say what it performs.")

    def answer(self, data: Any, *, as_json: bool, text: str) -> None:
        """Print the answer: `data` as one line of JSON, or `text` for people."""
        if as_json:
            self.stdout.write(json.dumps(data, ensure_ascii=False, default=str))
        elif text:
            self.stdout.write(text)

    def _refuse(self, refusal: Refusal, *, as_json: bool) -> None:
        if as_json:
            answer = {"error": refusal.code, "sentence": refusal.sentence, **refusal.details}
            self.stdout.write(json.dumps(answer, ensure_ascii=False, default=str))
        else:
            self.stderr.write(self.style.ERROR(refusal.sentence))
        sys.exit(REFUSED)


def seconds(text: str) -> float:
    """Read an argument that is a length of time, in seconds; as a `type` of argparse.

    Raises:
        argparse.ArgumentTypeError: it is none: below zero, without end, or no number.
    """
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if math.isfinite(number) and 0 <= number <= LONGEST_SECONDS:
        return number
    raise argparse.ArgumentTypeError(_("a number of seconds is 0 or more, not %r") % text)


def _database_refusal(problem: DatabaseError) -> Refusal:
    text = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
    if "no such table" in text or "does not exist" in text:
        return Refusal(
            "The database has no tables of ours yet: run `manage.py migrate` "
            "(`make run` does it for you).",
            code="not_migrated",
        )
    if "couldn't get a connection" in text:  # the pool's words; its log says what it met
        return Refusal(
            "The database cannot be reached. See that it runs and that DATABASE_URL names it.",
            code="database_unreachable",
        )
    return Refusal(f"The database refused: {text}", code="database")
