"""The command `campaign`: create, check, start, control, watch and report a campaign."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from campaigns.commands.verb import Call
from campaigns.commands.verbs import VERBS, add_verbs
from foundation.commands import DONE, OperatorCommand


class Command(OperatorCommand):
    """Carries out the verb that is named, and prints its answer."""

    help = f"Campaigns: {', '.join(VERBS)}."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add_verbs(parser, add_json=self.add_json_argument)

    def perform(self, **options: Any) -> None:
        call = Call(options=options, stdout=self.stdout, stderr=self.stderr)
        answer = VERBS[options["action"]].perform(call)
        self.answer(answer.data, as_json=options["json"], text=answer.text)
        if answer.status != DONE:
            sys.exit(answer.status)
