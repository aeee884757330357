"""The arguments of `campaign create` about the schedule: start, dates, windows, deadline."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from campaigns.creation.schedule import read_deadline, read_start
from campaigns.find import find_holidays
from campaigns.models import Campaign
from campaigns.states import Late
from foundation.spans import span_text
from foundation.times import utc_iso
from foundation.weekly import read_windows


def add_schedule_arguments(create: argparse.ArgumentParser) -> None:
    """Add the arguments to the parser of `campaign create`."""
    create.add_argument("--at", metavar="ISO", help="not before this time (in --timezone)")
    create.add_argument(
        "--repeat",
        default="",
        metavar="RULE",
        help='"daily@09:00", "weekly@mon,thu 09:00", "monthly@1 09:00" or "cron@0 9 * * 1-5"',
    )
    end = create.add_mutually_exclusive_group()
    end.add_argument("--until", metavar="ISO", help="the last moment of the repetition")
    end.add_argument("--times", type=int, metavar="N", help="the number of its dates")
    create.add_argument(
        "--window",
        dest="windows",
        action="append",
        metavar="WINDOW",
        help='when to send: 09:00-20:00 every day, or "mon-fri=09:00-11:30,14:00-18:00", '
        "sat,sun= for closed; may be repeated",
    )
    create.add_argument(
        "--holidays", metavar="NAME", help="send nothing on the holidays of this calendar"
    )
    create.add_argument(
        "--late",
        choices=Late.values,
        default=Late.SEND.value,
        help="what to do with a start that is more than 15 minutes late",
    )
    create.add_argument(
        "--deadline",
        metavar="ISO|4h",
        help="cancel the rest at this time, or so long after a start",
    )
    create.add_argument(
        "--override-quiet-hours", action="store_true", help="send in the quiet hours too"
    )


def schedule_from(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of `create_campaign` that are about its schedule.

    Raises:
        Refusal: one of the options cannot be read.
    """
    zone, at, until = options["timezone"], options["at"], options["until"]
    deadline_at, deadline_after = None, None
    if options["deadline"] is not None:
        deadline_at, deadline_after = read_deadline(options["deadline"], timezone=zone)
    return {
        "starts_at": read_start(at, timezone=zone) if at is not None else None,
        "windows": read_windows(options["windows"] or ()),
        "timezone": zone,
        "repeat": options["repeat"],
        "repeat_until": read_start(until, timezone=zone) if until is not None else None,
        "repeat_times": options["times"],
        "holidays": find_holidays(name=options["holidays"]) if options["holidays"] else None,
        "late": options["late"],
        "deadline_at": deadline_at,
        "deadline_after": deadline_after,
        "overrides_quiet_hours": options["override_quiet_hours"],
    }


def schedule_data(campaign: Campaign, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schedule for JSON. The keys are a public interface."""
    return {
        "starts_at": utc_iso(campaign.starts_at),
        "window": options["windows"][0] if len(options["windows"] or ()) == 1 else None,
        "windows": campaign.windows,
        "repeat": campaign.repeat,
        "until": utc_iso(campaign.repeat_until),
        "times": campaign.repeat_times,
        "holidays": options["holidays"],
        "late": campaign.late,
        "deadline": utc_iso(campaign.deadline_at) or span_text(campaign.deadline_after) or None,
        "overrides_quiet_hours": campaign.overrides_quiet_hours,
    }
