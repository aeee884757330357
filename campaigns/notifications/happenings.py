"""Finds what happened to campaigns lately, from rows that are there anyway.

Nothing is noted when a state changes: the tick looks for rows without a notification. So an event
is told even if the process that caused it died right after its commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, OuterRef, Q, Sum

from campaigns.models import (
    Approval,
    ApprovalRequest,
    Campaign,
    CampaignRun,
    Occurrence,
    Sequence,
    SequenceApproval,
)
from campaigns.notification_states import NotificationEvent
from campaigns.notifications.bad_codes import runs_with_bad_codes
from campaigns.scheduling.late import LATE_AFTER
from campaigns.states import ApprovalState, Late, OccurrenceState
from clocks import shared
from foundation.sentences import Sentence as _
from sending.models import RunEvent, Tally, TallyKind
from sending.runs.figures import figures_of
from sending.states import ACTIVE_RUN_STATES, DeliveryState, RunState

#: What happened longer ago is not told: the system was down for longer than that.
LOOK_BACK = timedelta(days=3)
#: The most rows of one kind that a tick looks at, the newest.
MOST = 1_000
#: Returns the sentence about what happened, and its figures.
Described: TypeAlias = Callable[[], tuple[str, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened to a campaign, or to a sequence.

    Attributes:
        event: what, of `NotificationEvent`.
        subject: the row that tells of it, "kind:id".
        campaign: the campaign; None: it is about a sequence.
        run: its run, if it is about one.
        at: when it happened, or was noticed.
        describe: returns the sentence and the figures; called only if there is a target.
        sequence: the sequence, if it is about one.
    """

    event: NotificationEvent
    subject: str
    campaign: Campaign | None
    run: CampaignRun | None
    at: datetime
    describe: Described = field(compare=False)
    sequence: Sequence | None = None


def happenings() -> list[Happening]:
    """Return what happened within LOOK_BACK, told or not."""
    now = shared.wall()
    since = now - LOOK_BACK
    return [
        *_ended(since),
        *_approvals(since),
        *_late_dates(since, now),
        *_late_runs(since, now),
        *_unknown(since, now),
        *_bad_codes(now),
    ]


def _ended(since: datetime) -> Iterator[Happening]:
    """Runs that finished, and those that stopped themselves: no operator did it.

    Run events are a handful a run, so that the newest ones are found by the key.
    """
    events = (
        RunEvent.objects.filter(
            Q(state=RunState.FINISHED) | Q(state=RunState.STOPPED, by=None),
            at__gte=since,
            run__campaign_run__isnull=False,
        )
        .select_related("run__campaign_run__campaign")
        .order_by("-pk")[:MOST]
    )
    for one in events:
        run = one.run.campaign_run
        is_finished = one.state == RunState.FINISHED
        stopped = _("%(run)s stopped. %(detail)s") % {"run": str(run), "detail": one.detail}
        yield Happening(
            NotificationEvent.FINISHED if is_finished else NotificationEvent.STOPPED,
            f"run-event:{one.pk}",
            run.campaign,
            run,
            one.at,
            _finished(run) if is_finished else _with_figures(stopped, run),
        )


def _finished(run: CampaignRun) -> Described:
    def describe() -> tuple[str, dict[str, Any]]:
        figures = _figures(run)
        sentence = _(
            "%(run)s is finished: %(sent)d sent, %(failed)d failed, %(skipped)d skipped, "
            "%(unknown)d unknown, %(cancelled)d cancelled."
        ) % {"run": str(run), **{key: figures[key] for key in DeliveryState.values}}
        return sentence, figures

    return describe


def _with_figures(sentence: str, run: CampaignRun) -> Described:
    return lambda: (sentence, _figures(run))


def _known(sentence: str, data: dict[str, Any]) -> Described:
    return lambda: (sentence, data)


def _figures(run: CampaignRun) -> dict[str, Any]:
    found = figures_of(run=run)
    states = {state.value: getattr(found, state) for state in DeliveryState}
    return {"targeted": found.targeted, **states, "res": found.res}


def _approvals(since: datetime) -> Iterator[Happening]:
    requests = (
        Approval.objects.filter(state=ApprovalState.REQUESTED, at__gte=since)
        .select_related("campaign", "run__campaign", "requested_by")
        .order_by("-pk")[:MOST]
    )
    for one in requests:
        told = _known(_asks(one), {"people": one.people, "hash": one.hash})
        yield Happening(
            NotificationEvent.APPROVAL, f"approval:{one.pk}", one.campaign, one.run, one.at, told
        )
    of_sequences = (
        SequenceApproval.objects.waiting()
        .filter(at__gte=since)
        .select_related("sequence", "requested_by")
        .order_by("-pk")[:MOST]
    )
    for asked in of_sequences:
        yield Happening(
            NotificationEvent.APPROVAL,
            f"sequence-approval:{asked.pk}",
            None,
            None,
            asked.at,
            _known(_asks(asked), {"hash": asked.hash}),
            asked.sequence,
        )


def _asks(request: ApprovalRequest) -> Any:
    """Return who asks for an approval of what."""
    values = {"name": request.subject.name, "who": str(request.requested_by or "")}
    if request.requested_by is None:
        return _("“%(name)s” waits for an approval.") % values
    return _("“%(name)s” waits for an approval. %(who)s asked for it.") % values


def _late_dates(since: datetime, now: datetime) -> Iterator[Happening]:
    """Dates of repeated campaigns that were dropped or not begun in time: one a day and campaign.

    A campaign that repeats every minute may drop one every minute.
    """
    is_late = (
        Q(state=OccurrenceState.DROPPED)
        | Q(state=OccurrenceState.STARTED, changed_at__gt=F("at") + LATE_AFTER)
        | Q(state=OccurrenceState.WAITING, at__lt=now - LATE_AFTER)
    )
    dates = Occurrence.objects.filter(is_late, at__gte=since).select_related("campaign", "run")
    for one in dates.order_by("-pk")[:MOST]:
        day = one.at.date().isoformat()
        yield Happening(
            NotificationEvent.LATE,
            f"date:{one.campaign_id}:{day}",
            one.campaign,
            one.run,
            max(one.changed_at, min(one.at + LATE_AFTER, now)),
            _late(one.campaign, one.at, one.detail),
        )


def _late_runs(since: datetime, now: datetime) -> Iterator[Happening]:
    """Runs with a start of their own that are overdue, that began late, or were dropped for it."""
    overdue = CampaignRun.objects.filter(
        state=RunState.SCHEDULED, starts_at__lt=now - LATE_AFTER, starts_at__gte=since
    ).select_related("campaign")
    for run in overdue[:MOST]:
        if run.starts_at is not None:
            yield _late_run(run, run.starts_at, now, "")
    was_scheduled = RunEvent.objects.filter(
        run=OuterRef("run"),
        state=RunState.SCHEDULED,
        at__lte=OuterRef("run__starts_at"),
        pk__lt=OuterRef("pk"),
    )
    dropped = Q(
        state=RunState.CANCELLED,
        by=None,
        run__planned_at=None,
        run__campaign_run__late=Late.DROP,
    )
    begun = RunEvent.objects.filter(
        Q(state=RunState.PREPARING) | dropped,
        Exists(was_scheduled),
        at__gte=since,
        at__gt=F("run__starts_at") + LATE_AFTER,
        run__campaign_run__isnull=False,
    ).select_related("run__campaign_run__campaign")
    for one in begun.order_by("-pk")[:MOST]:
        run = one.run.campaign_run
        if run.starts_at is not None:
            yield _late_run(run, run.starts_at, one.at, one.detail)


def _late_run(run: CampaignRun, due_at: datetime, at: datetime, detail: str) -> Happening:
    return Happening(
        NotificationEvent.LATE,
        f"run:{run.pk}",
        run.campaign,
        run,
        at,
        _late(run.campaign, due_at, detail),
    )


def _late(campaign: Campaign, due_at: datetime, detail: str) -> Described:
    local = due_at.astimezone(ZoneInfo(campaign.timezone))
    values = {"name": campaign.name, "at": f"{local:%Y-%m-%d %H:%M} ({campaign.timezone})"}
    sentence = _("“%(name)s” did not start in time: it was due at %(at)s.") % values
    return _known(sentence + detail if detail else sentence, {"due_at": due_at.isoformat()})


def _unknown(since: datetime, now: datetime) -> Iterator[Happening]:
    """Runs with unknown deliveries, by their figures: a few rows a run."""
    recent = Q(state__in=ACTIVE_RUN_STATES) | Q(ended_at__gte=since)
    runs = {
        run.pk: run for run in CampaignRun.objects.filter(recent).select_related("campaign")[:MOST]
    }
    counted = (
        Tally.objects.filter(run__in=list(runs), kind=TallyKind.STATE, key=DeliveryState.UNKNOWN)
        .values_list("run")
        .annotate(total=Sum("n"))
        .filter(total__gt=0)
        .order_by()
    )
    for pk, total in counted:
        run = runs[pk]
        values = {"run": str(run), "n": total}
        sentence = _(
            "%(run)s: the result of %(n)d messages is unknown. Look at them, and decide whether "
            "they arrived."
        )
        yield Happening(
            NotificationEvent.UNKNOWN,
            f"run:{pk}",
            run.campaign,
            run,
            now,
            _with_figures(sentence % values, run),
        )


def _bad_codes(now: datetime) -> Iterator[Happening]:
    for found in runs_with_bad_codes():
        yield Happening(
            NotificationEvent.CODES,
            f"run:{found.run.pk}",
            found.run.campaign,
            found.run,
            now,
            _known(found.sentence(), found.as_data()),
        )
