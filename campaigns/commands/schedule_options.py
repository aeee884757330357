"""The schedule of `manage.py campaign create`, from its options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from campaigns.creation.schedule import read_deadline, read_start
from campaigns.find import find_holidays
from sending.runs.weekly import read_windows


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
