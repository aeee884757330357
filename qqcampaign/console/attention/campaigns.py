"""Runs, schedules, approvals and deliveries that need somebody."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db.models import Max, Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.admin.page_urls import campaign_url, request_url, run_url
from campaigns.approvals.waiting import requests_for
from campaigns.models import Campaign, CampaignRun, Occurrence, Sequence
from campaigns.sequence_states import STOPPED_ITSELF, SequenceState
from campaigns.states import DecideBy, OccurrenceState, ScheduleState
from clocks import shared
from foundation.times import clock
from qqcampaign.console.attention.item import AttentionItem, Kind
from qqcampaign.console.attention.part import in_part, runs_address
from sending.models import Attempt, Delivery, Tally
from sending.states import DeliveryState, RunState

#: Number of runs of a kind that get an item each, the latest first.
NAMED_RUNS = 3
#: Number of requests for an approval that get an item each, the oldest first.
NAMED_REQUESTS = 10
#: Days for which a date that started nothing is listed.
RECENT_DAYS = 3
#: The records of a campaign's history that are looked through for when its schedule stopped.
MOST_RECORDS = 50
#: The newest stopped sequences that are looked at.
MOST_SEQUENCES = 20


def stopped_runs() -> list[AttentionItem]:
    """Return the runs that stopped themselves, those that could not be planned among them."""
    stopped = CampaignRun.objects.filter(state=RunState.STOPPED).order_by(
        "-state_changed_at", "-pk"
    )
    items = [
        AttentionItem(
            Kind.STOPPED_RUNS,
            _("%(run)s stopped itself: %(why)s") % {"run": run, "why": run.state_detail},
            _("Open campaign"),
            run_url(run),
            "danger",
            run.state_changed_at,
        )
        for run in stopped.select_related("campaign")[:NAMED_RUNS]
    ]
    more = stopped.count() - NAMED_RUNS if len(items) == NAMED_RUNS else 0
    if more > 0:
        sentence = ngettext(
            "%(n)d more run stopped itself.", "%(n)d more runs stopped themselves.", more
        )
        address = runs_address("?state__exact=stopped")
        items.append(
            AttentionItem(
                Kind.STOPPED_RUNS, sentence % {"n": more}, _("Show runs"), address, "danger"
            )
        )
    return items


def stopped_schedules() -> list[AttentionItem]:
    """Return the schedules that stopped themselves; one that an operator paused has no detail."""
    stopped = Campaign.objects.filter(schedule_state=ScheduleState.PAUSED).exclude(
        schedule_detail=""
    )
    return [
        AttentionItem(
            Kind.STOPPED_SCHEDULES,
            _("The schedule of “%(name)s” stopped itself: %(why)s")
            % {"name": campaign.name, "why": campaign.schedule_detail},
            _("Open campaign"),
            campaign_url(campaign),
            "danger",
            _paused_since(campaign),
        )
        for campaign in stopped.order_by("-pk")[:NAMED_RUNS]
    ]


def _paused_since(campaign: Campaign) -> datetime | None:
    """Return when a schedule stopped, by the campaign's history: every change of it is there."""
    since = None
    for record in campaign.history.order_by("-history_id")[:MOST_RECORDS]:
        if record.schedule_state != campaign.schedule_state:
            break
        since = record.history_date
    return since


def stopped_sequences() -> list[AttentionItem]:
    """Return the sequences that stopped themselves; those that operators stopped need nobody."""
    stopped = Sequence.objects.filter(state=SequenceState.STOPPED, archived_at=None)
    found = [(one, _stopped_itself_at(one)) for one in stopped.order_by("-pk")[:MOST_SEQUENCES]]
    return [
        AttentionItem(
            Kind.STOPPED_SEQUENCES,
            _("The sequence “%(name)s” stopped itself: %(why)s")
            % {"name": sequence.name, "why": sequence.state_detail},
            _("Open sequence"),
            reverse("admin:campaigns_sequence_page", args=[sequence.pk]),
            "danger",
            since,
        )
        for sequence, since in found
        if since is not None
    ][:NAMED_RUNS]


def _stopped_itself_at(sequence: Sequence) -> datetime | None:
    """Return when a stopped sequence stopped itself, by its history; None if somebody did it."""
    first = None
    for record in sequence.history.order_by("-history_id")[:MOST_RECORDS]:
        if record.state != SequenceState.STOPPED:
            break
        first = record
    is_by_itself = first is not None and first.history_change_reason == STOPPED_ITSELF
    return first.history_date if first is not None and is_by_itself else None


def dropped_dates() -> list[AttentionItem]:
    """Return the dates of repeated campaigns that started nothing lately, the latest first."""
    since = shared.wall() - timedelta(days=RECENT_DAYS)
    dropped = in_part(
        Occurrence.objects.filter(state=OccurrenceState.DROPPED, changed_at__gte=since),
        of=Campaign,
        by="campaign",
    )
    return [
        AttentionItem(
            Kind.DROPPED_DATES,
            _("“%(name)s” did not start at %(time)s: %(why)s")
            % {"name": one.campaign.name, "time": clock(one.at), "why": one.detail},
            _("Open campaign"),
            campaign_url(one.campaign),
            since=one.changed_at,
        )
        for one in dropped.select_related("campaign").order_by("-changed_at", "-pk")[:NAMED_RUNS]
    ]


def waiting_for_approval(user: Any) -> list[AttentionItem]:
    """Return what waits for an approval that this operator may give, the oldest first."""
    return [
        AttentionItem(
            Kind.APPROVALS,
            _("“%(name)s” waits for your approval.") % {"name": asked.subject.name},
            _("Review"),
            request_url(asked),
            since=asked.at,
        )
        for asked in islice(requests_for(user), NAMED_REQUESTS)
    ]


def sent_back() -> list[AttentionItem]:
    """Return the runs and schedules that were sent back, or are not what was approved any more."""
    drafts = CampaignRun.objects.filter(state=RunState.DRAFT).exclude(state_detail="")
    runs = drafts.select_related("campaign").order_by("-state_changed_at", "-pk")[:NAMED_RUNS]
    schedules = Campaign.objects.filter(schedule_state=ScheduleState.OFF).exclude(
        schedule_detail=""
    )
    told: list[tuple[str, str, Campaign, datetime | None]] = [
        (str(run), run.state_detail, run.campaign, run.state_changed_at) for run in runs
    ]
    told += [
        (campaign.name, campaign.schedule_detail, campaign, None)
        for campaign in schedules.order_by("-pk")[:NAMED_RUNS]
    ]
    return [
        AttentionItem(
            Kind.SENT_BACK,
            _("%(name)s is not started: %(why)s") % {"name": name, "why": why},
            _("Open campaign"),
            campaign_url(campaign),
            since=since,
        )
        for name, why, campaign, since in told
    ]


def undecided_tests() -> list[AttentionItem]:
    """Return the runs whose test is sent and whose rest waits for an operator's choice."""
    waiting = CampaignRun.objects.filter(
        state__in=(RunState.RUNNING, RunState.PAUSED),
        holds_rest=True,
        chosen_variant="",
        decide_by=DecideBy.HAND,
        tested_at__isnull=False,
    ).select_related("campaign")
    return [
        AttentionItem(
            Kind.UNDECIDED_TESTS,
            _("The test of %(run)s is sent. Choose the variant for the rest.") % {"run": run},
            _("Choose variant"),
            run_url(run),
            since=run.tested_at,
        )
        for run in waiting.order_by("-pk")[:NAMED_RUNS]
    ]


def unknown_deliveries(*, may_resolve: bool) -> list[AttentionItem]:
    """Return the deliveries with an unknown outcome, as one item, by the figures of the runs."""
    by_run = (
        in_part(Tally.objects.filter(kind="state", key="unknown"), of=CampaignRun, by="run")
        .values_list("run")
        .annotate(n=Sum("n"))
        .filter(n__gt=0)
        .order_by("run")
    )
    counted = dict(by_run.values_list("run", "n"))
    if not counted:
        return []
    count = sum(counted.values())
    # How long the oldest waits: by the index of the exceptions, in the first of these runs.
    first = Delivery.objects.filter(run=min(counted), state=DeliveryState.UNKNOWN)
    oldest = Attempt.objects.filter(delivery__in=first.order_by("reason", "pk")[:1])
    since = oldest.aggregate(at=Max("marked_at"))["at"]
    sentence = ngettext(
        "It is unknown whether %(n)d delivery arrived. Record its outcome.",
        "It is unknown whether %(n)d deliveries arrived. Record their outcomes.",
        count,
    )
    address = f"{reverse('admin:sending_delivery_changelist')}?state__exact=unknown"
    return [
        AttentionItem(
            Kind.UNKNOWN,
            sentence % {"n": count},
            _("Resolve") if may_resolve else _("Show deliveries"),
            address,
            since=since,
        )
    ]
