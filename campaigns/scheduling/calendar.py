"""The starts between two moments: runs, dates of repeated campaigns, and their clashes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import Any

from django.db.models import Prefetch, Q
from django.db.models.functions import Coalesce

from campaigns.models import Campaign, CampaignRun
from campaigns.scheduling.dates import MOST_DATES, next_dates
from campaigns.states import ScheduleState
from contacts.models import ContactList, Segment
from sending.states import RunState

#: Two campaigns to the same people within this time clash.
CLASH = timedelta(days=7)
#: The most repeated campaigns that are looked at, the most dates of each, and the most runs.
MOST_CAMPAIGNS, MOST_OF_A_CAMPAIGN, MOST_RUNS = 500, 3_000, 2_000


@dataclass(slots=True)
class Entry:
    """One start of a campaign.

    Attributes:
        at: when.
        campaign: the campaign, with its lists and segments.
        run: the run; None for a date of a repeated campaign that is to come.
        clashes: names of the lists and segments that another campaign writes to within CLASH, by
            the name of that campaign.
    """

    at: datetime
    campaign: Campaign
    run: CampaignRun | None = None
    clashes: dict[str, list[str]] = field(default_factory=dict)

    @property
    def is_ahead(self) -> bool:
        """Whether it has not started."""
        return self.run is None or self.run.state in (
            RunState.SCHEDULED,
            RunState.AWAITING_APPROVAL,
        )

    @property
    def is_movable(self) -> bool:
        """Whether its start may be moved: see `campaigns.run_control.move_start`."""
        return (
            self.run is not None
            and self.run.state == RunState.SCHEDULED
            and not self.campaign.repeat
            and self.run.approval_id is None
        )


def entries_between(begin: datetime, end: datetime) -> list[Entry]:
    """Return the starts from `begin` up to `end`, the earliest first, with their clashes.

    A clash is told for a start to come, with any start of another campaign up to CLASH before or
    after it that writes to the same list or segment. People who are in two different lists are
    counted by the preflight.
    """
    entries = sorted(
        (*_runs(begin - CLASH, end + CLASH), *_dates(begin - CLASH, end + CLASH)),
        key=lambda entry: (entry.at, entry.campaign.pk),
    )
    _find_clashes(entries)
    return [entry for entry in entries if begin <= entry.at < end]


def _runs(begin: datetime, end: datetime) -> Iterable[Entry]:
    at = Coalesce("starts_at", "planned_at", "created_at")
    # No index has this moment, so all runs are read. There are a few for each campaign and day.
    runs = (
        CampaignRun.objects.annotate(at=at)
        .filter(at__gte=begin, at__lt=end)
        .exclude(Q(state=RunState.CANCELLED) & Q(planned_at=None))
        .select_related("campaign")
        .prefetch_related(*_audience("campaign__"))
        .order_by("at")
    )
    for run in runs[:MOST_RUNS]:
        yield Entry(run.at, run.campaign, run)


def _dates(begin: datetime, end: datetime) -> Iterable[Entry]:
    campaigns = (
        Campaign.objects.exclude(repeat="")
        .filter(schedule_state=ScheduleState.ON)
        .prefetch_related(*_audience(""))
    )
    for campaign in campaigns[:MOST_CAMPAIGNS]:
        for at in islice(_dates_of(campaign, begin, end), MOST_OF_A_CAMPAIGN):
            yield Entry(at, campaign)


def _dates_of(campaign: Campaign, begin: datetime, end: datetime) -> Iterator[datetime]:
    """Yield a campaign's dates after `begin` and before `end`."""
    after: datetime | None = begin
    while after is not None:
        dates = next_dates(campaign=campaign, most=MOST_DATES, after=after)
        yield from takewhile(lambda at: at < end, dates)
        after = dates[-1] if len(dates) == MOST_DATES and dates[-1] < end else None


def _audience(prefix: str) -> list[Any]:
    return [
        Prefetch(f"{prefix}lists", ContactList.objects.only("name")),
        Prefetch(f"{prefix}segments", Segment.objects.only("name")),
    ]


def _find_clashes(entries: list[Entry]) -> None:
    by_audience: defaultdict[tuple[str, int], list[Entry]] = defaultdict(list)
    names: dict[tuple[str, int], str] = {}
    for entry in entries:
        for kind in ("lists", "segments"):
            for row in getattr(entry.campaign, kind).all():
                by_audience[kind, row.pk].append(entry)
                names[kind, row.pk] = row.name
    for audience, sharing in by_audience.items():
        _note_clashes(sharing, names[audience])


def _note_clashes(sharing: list[Entry], audience: str) -> None:
    """Add a list or segment to the clashes of its starts, which are in order of time."""
    near: Counter[tuple[int, str]] = Counter()  # the campaigns that start within CLASH
    first = last = 0
    for entry in sharing:
        while last < len(sharing) and sharing[last].at - entry.at < CLASH:
            near[_key(sharing[last])] += 1
            last += 1
        while entry.at - sharing[first].at >= CLASH:
            near[_key(sharing[first])] -= 1
            first += 1
        if entry.is_ahead:
            for key, n in near.items():
                if n and key != _key(entry):
                    found = entry.clashes.setdefault(key[1], [])
                    if audience not in found:
                        found.append(audience)


def _key(entry: Entry) -> tuple[int, str]:
    return entry.campaign.pk, entry.campaign.name
