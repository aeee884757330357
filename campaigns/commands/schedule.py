"""The verbs `occurrences` and `schedule`: the dates of a repeated campaign."""

from __future__ import annotations

import argparse
from typing import Any

from django.utils.translation import gettext as _

from campaigns.commands.verb import Answer, Call, Verb
from campaigns.creation.schedule import read_start
from campaigns.find import find_run
from campaigns.models import Campaign
from campaigns.run_control.move_start import move_start
from campaigns.run_control.schedule import (
    cancel_date,
    end_schedule,
    pause_schedule,
    restore_date,
    resume_schedule,
)
from campaigns.scheduling.dates import MOST_DATES, next_dates
from campaigns.scheduling.words import date_words, schedule_sentence
from campaigns.states import ScheduleState
from foundation.times import utc_iso
from sending.states import RunState


def _add_dates(dates: argparse.ArgumentParser) -> None:
    dates.add_argument("--next", type=_count, default=5, metavar="N", help="how many; default 5")
    dates.add_argument("--after", metavar="ISO", help="only dates after this time")


def _add_changes(schedule: argparse.ArgumentParser) -> None:
    which = schedule.add_mutually_exclusive_group(required=True)
    which.add_argument("--pause", action="store_true", help="start nothing until it is resumed")
    which.add_argument("--resume", action="store_true", help="continue with the next date")
    which.add_argument("--end", action="store_true", help="start nothing any more")
    which.add_argument("--cancel-date", metavar="ISO", help="start nothing on this date")
    which.add_argument("--restore-date", metavar="ISO", help="take a cancellation back")


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MOST_DATES):
        raise argparse.ArgumentTypeError(f"a number from 1 to {MOST_DATES}, not {text[:20]!r}")
    return int(text)


def _occurrences(call: Call) -> Answer:
    campaign, after, most = call.campaign(), call.options["after"], call.options["next"]
    since = read_start(after, timezone=campaign.timezone) if after is not None else None
    dates = next_dates(campaign=campaign, most=most + 1, after=since)
    items = [utc_iso(at) for at in dates[:most]]
    return Answer(
        {"items": items, "next": items[-1] if len(dates) > most else None},
        "\n".join(date_words(at, zone=campaign.timezone) for at in dates[:most])
        or _("“%(name)s” has no dates ahead.") % {"name": campaign.name},
    )


def _schedule(call: Call) -> Answer:
    campaign, options = call.campaign(), call.options
    for name, change in (("cancel_date", cancel_date), ("restore_date", restore_date)):
        if options[name] is not None:
            change(campaign=campaign, at=read_start(options[name], timezone=campaign.timezone))
    if options["pause"]:
        pause_schedule(campaign=campaign)
    elif options["resume"]:
        resume_schedule(campaign=campaign)
    elif options["end"]:
        end_schedule(campaign=campaign)
    return schedule_answer(campaign)


def schedule_answer(campaign: Campaign, *, more: dict[str, Any] | None = None) -> Answer:
    """Return the state of a schedule.

    Args:
        campaign: the campaign, which is read again.
        more: further keys of the JSON, after a start; without them the next date is given.
    """
    campaign.refresh_from_db()
    sentence = schedule_sentence(campaign)
    data = {"campaign": campaign.name, "run": None, "state": "scheduled"}
    if campaign.schedule_state == ScheduleState.AWAITING_APPROVAL:
        data["state"] = RunState.AWAITING_APPROVAL
    if more is None:
        dates = next_dates(campaign=campaign, most=1)
        data["state"] = campaign.schedule_state
        more = {"next": utc_iso(dates[0]) if dates else None}
    return Answer({**data, "sentence": sentence, **more}, sentence)


def _add_start(move: argparse.ArgumentParser) -> None:
    move.add_argument("--at", required=True, metavar="ISO", help="the new start")


def _move_start(call: Call) -> Answer:
    campaign = call.campaign()
    run = find_run(campaign=campaign, number=None)
    move_start(run=run, to=read_start(call.options["at"], timezone=campaign.timezone), by=call.by)
    run.refresh_from_db()
    at: Any = run.starts_at
    sentence = _("“%(name)s” starts on %(when)s.") % {
        "name": campaign.name,
        "when": date_words(at, zone=campaign.timezone),
    }
    data = {"campaign": campaign.name, "run": run.number, "state": run.state}
    return Answer({**data, "sentence": sentence, "starts_at": utc_iso(at)}, sentence)


VERBS = (
    Verb("move-start", "move the start of a scheduled run", _move_start, _add_start),
    Verb(
        "occurrences", "list the next dates on which the campaign starts", _occurrences, _add_dates
    ),
    Verb(
        "schedule",
        "pause, resume or end the schedule, or cancel one date",
        _schedule,
        _add_changes,
    ),
)
