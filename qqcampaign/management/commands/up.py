"""`manage.py up`: run all processes of the stack on this machine."""

from __future__ import annotations

import argparse
import os
import signal
from typing import Any

from django.utils.translation import gettext as _

from foundation.commands import OperatorCommand
from foundation.refusals import Refusal
from qqcampaign.checks import environment_problems
from qqcampaign.stack import process_specs
from qqcampaign.stack.launcher import die_with_parent
from qqcampaign.stack.start import StackOptions, run_stack

DEFAULT_PORT = 8000


class Command(OperatorCommand):
    is_an_act = False
    help = "Run the stack: Redis (unless REDIS_URL is set), worker, jobs, beat and web."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--demo",
            action="store_true",
            help="add the gateway simulator and, at the first start, a running campaign",
        )
        parser.add_argument(
            "--port",
            type=_port,
            default=DEFAULT_PORT,
            help="port of the console; 0 selects a free one",
        )
        parser.add_argument(
            "--host",
            default="127.0.0.1",
            help="address that the console listens on (default: this machine only)",
        )
        parser.add_argument(
            "--worker-concurrency",
            type=_lanes,
            default=process_specs.DEFAULT_CONCURRENCY,
            metavar="N",
            help="how many accounts may send at the same time",
        )

    def perform(self, **options: Any) -> None:
        """Run the stack until Ctrl-C.

        Raises:
            Refusal: the stack cannot start.
        """
        if os.environ.get("QQCAMPAIGN_STOP_WITH_PARENT"):  # set by make: stop when make is killed
            die_with_parent(signal.SIGTERM)
        run_stack(
            StackOptions(
                host=options["host"],
                port=options["port"],
                concurrency=options["worker_concurrency"],
                is_demo=options["demo"],
            ),
            say=self._say,
        )

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def refuse_wrong_settings(self) -> None:
        """Check the settings of all processes.

        Raises:
            Refusal: some settings are wrong. It lists all problems.
        """
        # Only our checks: Django's checks of the code take a second, and `make lint` runs them.
        problems = [problem for problem in environment_problems() if problem.is_serious()]
        if problems:
            sentences = "\n".join(f"- {problem.msg}" for problem in problems)
            raise Refusal(
                _("The stack cannot start:\n%(sentences)s") % {"sentences": sentences},
                code="wrong_settings",
            )


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(_("a port is a number from 0 to 65535, not %r") % text)


def _lanes(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(_("the number of lanes must be 1 or more, not %r") % text)
