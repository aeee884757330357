"""The base of the operator's commands: exit status, refusals as sentences, JSON."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils.translation import gettext as _

from foundation.acts import COMMAND, acting, name_of_os_user, take_out
from foundation.database_room import full_disk_sentence, is_about_room
from foundation.refusals import Refusal

DONE, REFUSED, WRONG_USAGE = 0, 1, 2
#: The longest time an argument may give, about 30 years. A longer one is a typing error, and a date
#: so far ahead cannot be calculated.
LONGEST_SECONDS = 1e9


class OperatorCommand(BaseCommand):
    """A command with exit status 0 for done, 1 for a refusal and 2 for wrong usage.

    Subclasses implement `perform`, which raises `Refusal`. With `--json` the result, or the refusal
    as {"error": code, "sentence": ...}, is one line of JSON on standard output.
    """

    requires_system_checks: list[str] = []
    #: Whether what it changes is recorded as one act. A server is no act.
    is_an_act = True
    #: Takes the data of the answer in place of printing it, for a caller in this process.
    receive: Callable[[Any], None] | None = None

    def add_json_argument(self, parser: argparse.ArgumentParser) -> None:
        """Add --json to a parser."""
        parser.add_argument("--json", action="store_true", help="one line of JSON for machines")

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        # For wrong usage this makes argparse exit with status 2, in this parser and in those of
        # its actions. Otherwise Django raises CommandError, which exits with status 1.
        self._called_from_command_line = True
        return super().create_parser(prog_name, subcommand, **kwargs)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.refuse_wrong_settings()
            if self.is_an_act:
                self._act(options)
            else:
                self.perform(**options)
        except (Refusal, UnicodeEncodeError, DatabaseError) as problem:
            self._refuse(refusal_of(problem), as_json=bool(options.get("json")))

    def refuse_wrong_settings(self) -> None:
        """Refuse to run if the environment has a value that could not be read.

        The settings hold a default for such a value, so with a misspelt DATABASE_URL the command
        would act on another database.

        Raises:
            Refusal: there is such a value.
        """
        if settings.ENVIRONMENT_PROBLEMS:
            raise Refusal(" ".join(settings.ENVIRONMENT_PROBLEMS), code="wrong_settings")

    def perform(self, **options: Any) -> None:
        """Carry out the command, given its parsed options.

        Raises:
            Refusal: it is not carried out.
        """
        raise CommandError(f"{type(self).__module__} does not implement perform().")

    def answer(self, data: Any, *, as_json: bool, text: str) -> None:
        """Print the result: `data` as one line of JSON, or `text` for people."""
        if self.receive is not None:
            self.receive(data)
        elif as_json:
            self.stdout.write(json.dumps(data, ensure_ascii=False, default=str))
        elif text:
            self.stdout.write(text)

    def _act(self, options: dict[str, Any]) -> None:
        """Carry out the command as one act of the user of the operating system."""
        name = type(self).__module__.rpartition(".")[2]
        asked = options.get("action") or options.get("verb") or ""
        verb = f"{name} {asked}".strip()
        with acting(channel=COMMAND, who=name_of_os_user(), verb=verb) as act:
            if "out" in options:
                take_out(what=verb, file=str(options["out"] or "-"))
            try:
                self.perform(**options)
            except Refusal:
                act.is_kept = False  # nothing was taken out
                raise

    def _refuse(self, refusal: Refusal, *, as_json: bool) -> None:
        if as_json:
            answer = {"error": refusal.code, "sentence": refusal.sentence, **refusal.details}
            self.stdout.write(json.dumps(answer, ensure_ascii=False, default=str))
        else:
            self.stderr.write(self.style.ERROR(refusal.sentence))
        sys.exit(REFUSED)


def seconds(text: str) -> float:
    """Return an argument as a number of seconds; a `type` for argparse.

    Raises:
        argparse.ArgumentTypeError: it is not a number from 0 to LONGEST_SECONDS.
    """
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if math.isfinite(number) and 0 <= number <= LONGEST_SECONDS:
        return number
    raise argparse.ArgumentTypeError(_("a number of seconds is 0 or more, not %r") % text)


def refusal_of(problem: Refusal | UnicodeEncodeError | DatabaseError) -> Refusal:
    """Return what stopped a command as a refusal."""
    if isinstance(problem, Refusal):
        return problem
    if isinstance(problem, UnicodeEncodeError):
        return _unstorable(problem)
    return _database_refusal(problem)


def _unstorable(problem: UnicodeEncodeError) -> Refusal:
    """Return the refusal of an argument whose bytes are no UTF-8: Python keeps them as halves."""
    character = f"U+{ord(problem.object[problem.start]):04X}"
    return Refusal(
        _(
            "An argument contains %(character)s, which cannot be stored. The terminal or the "
            "script probably uses another encoding than UTF-8."
        )
        % {"character": character},
        code="unstorable",
    )


def _database_refusal(problem: DatabaseError) -> Refusal:
    text = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
    if "no such table" in text or "does not exist" in text:
        return Refusal(
            "The database has no tables yet: run `manage.py migrate` (`make run` does it for you).",
            code="not_migrated",
        )
    if "couldn't get a connection" in text:  # from the pool, whose log has the cause
        return Refusal(
            "The database cannot be reached. Check that it runs and that DATABASE_URL names it.",
            code="database_unreachable",
        )
    if is_about_room(problem):
        return Refusal(full_disk_sentence(), code="database")
    return Refusal(f"The database refused: {text}", code="database")
