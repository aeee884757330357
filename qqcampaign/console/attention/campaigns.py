"""Runs, schedules, approvals and deliveries that need somebody."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import Max, Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.admin.page_urls import campaign_url, request_url, run_url
from campaigns.approvals.waiting import requests_for
from campaigns.models import Campaign, CampaignRun
from campaigns.states import DecideBy, ScheduleState
from qqcampaign.console.attention.item import AttentionItem
from sending.models import Attempt, Delivery, Tally
from sending.states import DeliveryState, RunState

#: Number of runs of a kind that get an item each, the latest first.
NAMED_RUNS = 3
#: Number of requests for an approval that get an item each, the oldest first.
NAMED_REQUESTS = 10


def stopped_runs() -> list[AttentionItem]:
    """Return the runs that stopped themselves, those that could not be planned among them."""
    stopped = CampaignRun.objects.filter(state=RunState.STOPPED).order_by(
        "-state_changed_at", "-pk"
    )
    items = [
        AttentionItem(
            "stopped_runs",
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
        address = f"{reverse('admin:campaigns_campaignrun_changelist')}?state__exact=stopped"
        items.append(
            AttentionItem("stopped_runs", sentence % {"n": more}, _("Show runs"), address, "danger")
        )
    return items


def stopped_schedules() -> list[AttentionItem]:
    """Return the schedules that stopped themselves; one that an operator paused has no detail."""
    stopped = Campaign.objects.filter(schedule_state=ScheduleState.PAUSED).exclude(
        schedule_detail=""
    )
    return [
        AttentionItem(
            "stopped_schedules",
            _("The schedule of “%(name)s” stopped itself: %(why)s")
            % {"name": campaign.name, "why": campaign.schedule_detail},
            _("Open campaign"),
            campaign_url(campaign),
            "danger",
        )
        for campaign in stopped.order_by("-pk")[:NAMED_RUNS]
    ]


def waiting_for_approval(user: Any) -> list[AttentionItem]:
    """Return what waits for an approval that this operator may give, the oldest first."""
    return [
        AttentionItem(
            "approvals",
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
            "sent_back",
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
            "undecided_tests",
            _("The test of %(run)s is sent. Choose the variant for the rest.") % {"run": run},
            _("Choose variant"),
            run_url(run),
            since=run.tested_at,
        )
        for run in waiting.order_by("-pk")[:NAMED_RUNS]
    ]


def unknown_deliveries() -> list[AttentionItem]:
    """Return the deliveries with an unknown outcome, as one item, by the figures of the runs."""
    by_run = (
        Tally.objects.filter(kind="state", key="unknown")
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
    return [AttentionItem("unknown", sentence % {"n": count}, _("Resolve"), address, since=since)]
