"""`campaign choose`: send a variant to the rest of a tested run."""

from __future__ import annotations

import argparse
from typing import Any

from campaigns.find import find_run
from campaigns.models import Campaign
from campaigns.run_control.choose_variant import choose_variant, chosen_sentence


def add_choose_arguments(choose: argparse.ArgumentParser) -> None:
    """Add the arguments to the parser of `campaign choose`."""
    choose.add_argument("variant", metavar="VARIANT", help="the variant that the rest gets")
    choose.add_argument("--run", type=int, metavar="N", help="this run instead of the newest")


def choose(campaign: Campaign, options: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Choose the variant; return the result as data and as a sentence.

    Raises:
        Refusal: as for `choose_variant`; or there is no such run.
    """
    run = find_run(campaign=campaign, number=options["run"])
    waiting = choose_variant(run=run, variant=options["variant"])
    sentence = chosen_sentence(variant=run.chosen_variant, waiting=waiting)
    data = {
        "campaign": campaign.name,
        "run": run.number,
        "state": run.state,
        "variant": run.chosen_variant,
        "people": waiting,
        "sentence": sentence,
    }
    return data, sentence
