"""The verb `start`: a run, or the schedule of a repeated campaign."""

from __future__ import annotations

import argparse

from campaigns.commands.run_answer import run_answer
from campaigns.commands.schedule import schedule_answer
from campaigns.commands.verb import Answer, Call, Verb
from campaigns.find import operator_named
from campaigns.run_control.lifecycle import start_campaign
from campaigns.run_control.schedule import start_schedule
from foundation.times import utc_iso


def _add_arguments(start: argparse.ArgumentParser) -> None:
    start.add_argument("--by", metavar="USER", help="the operator who starts it")


def _start(call: Call) -> Answer:
    campaign = call.campaign()
    by = operator_named(call.options["by"])
    if campaign.repeat:
        first = start_schedule(campaign=campaign, by=by)
        return schedule_answer(campaign, more={"next": utc_iso(first)})
    return run_answer(start_campaign(campaign=campaign, by=by))


VERBS = (
    Verb(
        "start",
        "start it now, or at its start time; it may wait for an approval",
        _start,
        _add_arguments,
    ),
)
