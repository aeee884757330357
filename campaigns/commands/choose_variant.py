"""The verb `choose`: send a variant to the rest of a tested run."""

from __future__ import annotations

import argparse

from campaigns.commands.run_argument import add_run_argument
from campaigns.commands.verb import Answer, Call, Verb
from campaigns.find import find_run
from campaigns.run_control.choose_variant import choose_variant, chosen_sentence


def _add_arguments(choose: argparse.ArgumentParser) -> None:
    choose.add_argument("variant", metavar="VARIANT", help="the variant that the rest gets")
    add_run_argument(choose)


def _choose(call: Call) -> Answer:
    run = find_run(campaign=call.campaign(), number=call.options["run"])
    waiting = choose_variant(run=run, variant=call.options["variant"])
    sentence = chosen_sentence(variant=run.chosen_variant, waiting=waiting)
    return Answer(
        {
            "campaign": run.campaign.name,
            "run": run.number,
            "state": run.state,
            "variant": run.chosen_variant,
            "people": waiting,
            "sentence": sentence,
        },
        sentence,
    )


VERBS = (Verb("choose", "send a variant to the rest of a tested run", _choose, _add_arguments),)
