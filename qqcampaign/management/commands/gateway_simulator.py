"""`manage.py gateway_simulator`: run a simulated gateway (docs/simulator.md)."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from qqhttp.simulator import SimulatorError
from qqhttp.simulator.arguments import add_arguments
from qqhttp.simulator.runners import run_in_foreground


class Command(BaseCommand):
    help = "Run a gateway that speaks the QQ HTTP protocol, for tests and demonstrations."
    # It needs neither the database nor the settings, so it starts even if these are wrong.
    requires_system_checks = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run_in_foreground(options, self._announce)
        except SimulatorError as error:
            raise CommandError(str(error), returncode=1) from error

    def _announce(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
