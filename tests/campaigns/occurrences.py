"""What the tests of a campaign's dates share: a clock that they set, and campaigns at nine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campaigns.models import Campaign, CampaignRun, Occurrence
from campaigns.run_control.occurrences import start_due_occurrences
from campaigns.run_control.schedule import start_schedule
from sending.states import RunState
from tests.campaigns.factories import make_account, make_campaign, make_list

#: Monday, 30 November 2026, 08:00 in Shanghai.
BEGIN = datetime(2026, 11, 30, 0, 0, tzinfo=UTC)
NINE = BEGIN + timedelta(hours=1)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


class Time:
    """The database's wall clock, which a test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = BEGIN
        monkeypatch.setattr("clocks.shared.wall", self)

    def __call__(self) -> datetime:
        return self.at


def maker() -> Callable[..., Campaign]:
    """Return a function that makes a campaign every day at nine and starts its schedule."""
    make_account(20_001, friends=range(100_000, 100_004))
    members = make_list("all", range(100_000, 100_004))

    def made(**columns: Any) -> Campaign:
        campaign = make_campaign(lists=[members], **{"repeat": "daily@09:00", **columns})
        start_schedule(campaign=campaign)
        return campaign

    return made


def tick(time: Time, at: datetime) -> int:
    """Set the clock and start what is due; return the number of runs."""
    time.at = at
    return start_due_occurrences()


def finish() -> None:
    """Finish every run."""
    CampaignRun.objects.update(state=RunState.FINISHED)


def told() -> list[tuple[datetime, str]]:
    """Return the dates that have come, and the result of each."""
    return list(Occurrence.objects.order_by("at").values_list("at", "state"))
