"""The life of a campaign as a line of steps: which are done, and at which it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, CampaignRun
from campaigns.states import RehearsalState
from sending.states import RunState

#: Seconds for which the dates of the steps are cached.
CACHE_SECONDS = 10
#: The place of a run's state on the line of draft, checked, approved, scheduled, running, done.
_PLACES = {
    RunState.DRAFT: 0,
    RunState.AWAITING_APPROVAL: 2,
    RunState.SCHEDULED: 3,
    RunState.PREPARING: 4,
    RunState.RUNNING: 4,
    RunState.PAUSED: 4,
    RunState.STOPPED: 4,
    RunState.FINISHED: 6,
    RunState.CANCELLED: 6,
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the line.

    Args:
        words: its name.
        place: "done", "current", "next", or "left-out" for one that this campaign does not need.
        at: when it was reached, if that is known.
        colour: of the current step.
    """

    words: Any
    place: str
    at: datetime | None = None
    colour: str = "primary"


def life_of(campaign: Campaign, run: CampaignRun | None) -> list[Step]:
    """Return the steps of a campaign, or of one of its runs.

    The two small queries behind them are cached until the state changes: the page asks often.
    """
    stamp = f"{run.pk}-{run.state}-{run.state_changed_at.timestamp()}" if run is not None else "-"
    key = f"console-life-{campaign.pk}-{stamp}"
    dates: Any = cache.get_or_set(key, lambda: _dates(campaign, run), CACHE_SECONDS)
    events, checked = dates
    now = _PLACES[RunState(run.state)] if run is not None else 0
    if now == 0 and checked is not None:
        now = 1
    needs_approval = campaign.needs_approval or RunState.AWAITING_APPROVAL in events
    approved = events.get(RunState.SCHEDULED) or events.get(RunState.PREPARING)
    is_scheduled = RunState.SCHEDULED in events or campaign.starts_at is not None
    steps = [
        (_("Draft"), _drafted_at(campaign, run), True),
        (_("Checked"), checked, checked is not None or now < 2),
        (_("Approved"), approved if needs_approval else None, needs_approval),
        (_("Scheduled"), events.get(RunState.SCHEDULED), is_scheduled),
        (_("Running"), events.get(RunState.RUNNING), True),
        (_end_words(run), run.ended_at if run is not None else None, True),
    ]
    return [
        Step(
            words=words
            if place != now or run is None or place == 5
            else _current_words(run, words),
            place=_place(place, now) if is_part else "left-out",
            at=at if place <= now else None,
            colour="danger" if run is not None and run.state == RunState.STOPPED else "primary",
        )
        for place, (words, at, is_part) in enumerate(steps)
    ]


def _drafted_at(campaign: Campaign, run: CampaignRun | None) -> datetime:
    """Return when work on it began: the first run is that of the campaign."""
    is_later = run is not None and run.number > 1
    return run.created_at if run is not None and is_later else campaign.created_at


def _place(place: int, now: int) -> str:
    if place == now:
        return "current"
    return "done" if place < now else "next"


def _current_words(run: CampaignRun, words: Any) -> Any:
    """Return the state itself where the step alone would not be true: paused is not running."""
    if run.state in (
        RunState.PAUSED,
        RunState.STOPPED,
        RunState.PREPARING,
        RunState.AWAITING_APPROVAL,
    ):
        return run.get_state_display()
    return words


def _end_words(run: CampaignRun | None) -> Any:
    return _("Cancelled") if run is not None and run.state == RunState.CANCELLED else _("Done")


def _dates(
    campaign: Campaign, run: CampaignRun | None
) -> tuple[dict[str, datetime], datetime | None]:
    return _first_events(run), _checked_at(campaign, run)


def _first_events(run: CampaignRun | None) -> dict[str, datetime]:
    """Return when a run first came into each of its states."""
    if run is None:
        return {}
    found = run.events.order_by("-at", "-pk").values_list("state", "at")[:200]
    return dict(found)


def _checked_at(campaign: Campaign, run: CampaignRun | None) -> datetime | None:
    """Return when the texts were last rehearsed before the run; None if they were not."""
    done = campaign.rehearsals.filter(state=RehearsalState.DONE)
    if run is not None:
        before = run.planned_at or run.ended_at
        done = done.filter(finished_at__lte=before) if before else done
    return done.order_by("-pk").values_list("finished_at", flat=True).first()
