"""The items of the overview that need the operator's attention."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import (
    Account,
    Egress,
    FriendEvent,
    FriendEventKind,
    FriendRequest,
    Outage,
    Worker,
)
from accounts.states import AccountState
from campaigns.approvals.rights import may_approve
from campaigns.approvals.waiting import requests_for
from campaigns.models import Campaign, CampaignRun
from campaigns.states import ScheduleState
from clocks import shared
from clocks.models import HostClock
from contacts.models import ContactImport
from contacts.states import ImportState
from foundation.times import span
from holds.models import is_held
from sending.models import Tally
from sending.states import RunState

#: Days for which a failed import is listed.
RECENT_DAYS = 3
#: Number of stopped runs that get an item each, the latest first.
NAMED_RUNS = 3
#: Number of accounts that lost friends that get an item each, the greatest losses first.
NAMED_ACCOUNTS = 3
#: Number of requests for an approval that get an item each, the oldest first.
NAMED_REQUESTS = 10


@dataclass(frozen=True)
class AttentionItem:
    """A problem and a link to the page where it can be solved.

    Args:
        sentence: the problem and what to do.
        button: the label of the link.
        address: the URL of the link.
        colour: "danger" if sending is blocked, else "warning".
    """

    sentence: str
    button: str
    address: str
    colour: str = "warning"


def attention_items(request: HttpRequest) -> list[AttentionItem]:
    """Return the items that this operator may see, the most serious first."""
    may_see = request.user.has_perm
    items = _held(request)
    if may_see("accounts.view_worker"):
        items += _workers()
        items += _outages()
        items += _wrong_clocks()
    if may_see("campaigns.view_campaignrun"):
        items += _stopped_runs()
        items += _stopped_schedules()
    if may_see("campaigns.view_campaign") and may_approve(request.user):
        items += _waiting_for_approval(request.user)
    if may_see("campaigns.change_campaign"):
        items += _sent_back()
    if may_see("accounts.view_account"):
        items += _quarantined()
    if may_see("accounts.view_friend"):
        items += _lost_friends()
    if may_see("accounts.view_friendrequest"):
        items += _friend_requests()
    if may_see("sending.view_delivery"):
        items += _unknown()
    if may_see("contacts.view_contactimport"):
        items += _failed_imports()
    return items


def _held(request: HttpRequest) -> list[AttentionItem]:
    """Return the item of a restored installation, for everybody: nothing is sent until then."""
    if not is_held():
        return []
    may_release = request.user.has_perm("holds.change_hold")
    return [
        AttentionItem(
            _("It was restored from a backup: nothing is sent until it is released."),
            _("Look and release") if may_release else _("Look"),
            reverse("restored" if may_release else "admin:campaigns_campaignrun_changelist"),
            "danger",
        )
    ]


def _workers() -> list[AttentionItem]:
    address = reverse("admin:accounts_worker_changelist")
    if not Worker.objects.living().exists():
        return [
            AttentionItem(
                _(
                    "No worker is running, so no account can log in and nothing is sent. Start a "
                    "worker."
                ),
                _("Workers"),
                address,
                "danger",
            )
        ]
    without_worker = Egress.objects.filter(is_enabled=True, pinned_accounts__isnull=False).exclude(
        workers__in=Worker.objects.living()
    )
    return [
        AttentionItem(
            _("No worker is running for egress %(name)s, so its pinned accounts wait.")
            % {"name": egress.name},
            _("Workers"),
            address,
        )
        for egress in without_worker.distinct()[:3]
    ]


def _outages() -> list[AttentionItem]:
    outages = Outage.objects.filter(ended_at=None).select_related("egress")[:3]
    address = reverse("admin:accounts_outage_changelist")
    return [
        AttentionItem(
            _(
                "The gateway cannot be reached from egress %(egress)s: %(why)s Sending resumes "
                "automatically."
            )
            % {"egress": outage.egress, "why": outage.sentence},
            _("Look"),
            address,
            "danger",
        )
        for outage in outages
    ]


def _wrong_clocks() -> list[AttentionItem]:
    """Return the hosts with wrong wall clocks. Only the times in their logs are affected."""
    since = shared.wall() - timedelta(seconds=shared.OFFSET_VALID_SECONDS)
    address = reverse("admin:accounts_worker_changelist")
    items = []
    for host in HostClock.objects.filter(seen_at__gte=since).order_by("hostname"):
        if abs(host.ahead_seconds) < shared.WORTH_TELLING_SECONDS:
            continue
        sentence = (
            _("The clock of host %(host)s is %(span)s ahead of the database's. Correct it.")
            if host.ahead_seconds > 0
            else _("The clock of host %(host)s is %(span)s behind the database's. Correct it.")
        )
        values = {"host": host.hostname, "span": span(abs(host.ahead_seconds))}
        items.append(AttentionItem(sentence % values, _("Workers"), address))
    return items


def _stopped_runs() -> list[AttentionItem]:
    stopped = CampaignRun.objects.filter(state=RunState.STOPPED).order_by(
        "-state_changed_at", "-pk"
    )
    items = [
        AttentionItem(
            _("%(run)s stopped itself: %(why)s") % {"run": run, "why": run.state_detail},
            _("Look"),
            f"{reverse('admin:campaigns_campaign_page', args=[run.campaign_id])}?run={run.number}",
            "danger",
        )
        for run in stopped.select_related("campaign")[:NAMED_RUNS]
    ]
    more = stopped.count() - NAMED_RUNS
    if more > 0:
        sentence = ngettext(
            "%(n)d more run stopped itself.", "%(n)d more runs stopped themselves.", more
        )
        address = reverse("admin:campaigns_campaignrun_changelist")
        items.append(
            AttentionItem(
                sentence % {"n": more}, _("Look"), f"{address}?state__exact=stopped", "danger"
            )
        )
    return items


def _stopped_schedules() -> list[AttentionItem]:
    """Return the schedules that stopped themselves; one that an operator paused has no detail."""
    stopped = Campaign.objects.filter(schedule_state=ScheduleState.PAUSED).exclude(
        schedule_detail=""
    )
    return [
        AttentionItem(
            _("The schedule of “%(name)s” stopped itself: %(why)s")
            % {"name": campaign.name, "why": campaign.schedule_detail},
            _("Look"),
            reverse("admin:campaigns_campaign_page", args=[campaign.pk]),
            "danger",
        )
        for campaign in stopped.order_by("-pk")[:NAMED_RUNS]
    ]


def _waiting_for_approval(user: Any) -> list[AttentionItem]:
    """Return what waits for an approval that this operator may give, the oldest first."""
    return [
        AttentionItem(
            _("“%(name)s” waits for your approval.") % {"name": asked.campaign.name},
            _("Look and decide"),
            reverse("admin:campaigns_campaign_approval", args=[asked.campaign_id]),
        )
        for asked in islice(requests_for(user), NAMED_REQUESTS)
    ]


def _sent_back() -> list[AttentionItem]:
    """Return the runs and schedules that were sent back, or are not what was approved any more."""
    drafts = CampaignRun.objects.filter(state=RunState.DRAFT).exclude(state_detail="")
    runs = drafts.select_related("campaign").order_by("-state_changed_at", "-pk")[:NAMED_RUNS]
    schedules = Campaign.objects.filter(schedule_state=ScheduleState.OFF).exclude(
        schedule_detail=""
    )
    told = [(str(run), run.state_detail, run.campaign_id) for run in runs]
    told += [
        (campaign.name, campaign.schedule_detail, campaign.pk)
        for campaign in schedules.order_by("-pk")[:NAMED_RUNS]
    ]
    return [
        AttentionItem(
            _("%(name)s is not started: %(why)s") % {"name": name, "why": why},
            _("Look"),
            reverse("admin:campaigns_campaign_page", args=[campaign_id]),
        )
        for name, why, campaign_id in told
    ]


def _quarantined() -> list[AttentionItem]:
    count = Account.objects.filter(state=AccountState.QUARANTINED).count()
    if not count:
        return []
    sentence = ngettext(
        "%(n)d account is in quarantine and sends nothing until you enable it.",
        "%(n)d accounts are in quarantine and send nothing until you enable them.",
        count,
    )
    address = reverse("admin:accounts_account_changelist")
    return [
        AttentionItem(sentence % {"n": count}, _("Look"), f"{address}?state__exact=quarantined")
    ]


def _lost_friends() -> list[AttentionItem]:
    """Return the accounts that lost many friends in the last day, and those with cut lists."""
    lost = (
        FriendEvent.objects.filter(
            kind=FriendEventKind.WENT, at__gte=shared.wall() - timedelta(days=1)
        )
        .values("account_id", "account__uin")
        .annotate(n=Count("pk"))
        .filter(n__gt=settings.QQ_FRIENDS_LOST_PER_DAY)
        .order_by("-n", "account_id")
    )
    return [
        AttentionItem(
            ngettext(
                "Account %(uin)s lost %(n)d friend within a day.",
                "Account %(uin)s lost %(n)d friends within a day.",
                row["n"],
            )
            % {"uin": row["account__uin"], "n": row["n"]},
            _("Look"),
            f"{reverse('admin:accounts_friend_changelist')}?account__id__exact={row['account_id']}"
            "&ended_at__isempty=0",
        )
        for row in lost[:NAMED_ACCOUNTS]
    ]


def _friend_requests() -> list[AttentionItem]:
    waiting = FriendRequest.objects.waiting()
    count = waiting.count()
    if not count:
        return []
    sentence = ngettext(
        "%(n)d person waits for an answer to a friend request.",
        "%(n)d people wait for an answer to a friend request.",
        count,
    )
    address = reverse("admin:accounts_friendrequest_changelist")
    return [AttentionItem(sentence % {"n": count}, _("Decide"), f"{address}?state__exact=waiting")]


def _failed_imports() -> list[AttentionItem]:
    since = timezone.now() - timedelta(days=RECENT_DAYS)
    is_new = Q(created_at__gte=since) | Q(finished_at__gte=since)
    failed = ContactImport.objects.filter(is_new, state=ImportState.FAILED)[:3]
    return [
        AttentionItem(
            _("The import of %(file)s failed: %(why)s")
            % {"file": found.file_name, "why": found.problem},
            _("Look"),
            reverse("admin:contacts_contactimport_page", args=[found.pk]),
        )
        for found in failed
    ]


def _unknown() -> list[AttentionItem]:
    count = Tally.objects.filter(kind="state", key="unknown").aggregate(n=Sum("n"))["n"] or 0
    if count <= 0:
        return []
    sentence = ngettext(
        "It is unknown whether %(n)d delivery arrived. Record its outcome.",
        "It is unknown whether %(n)d deliveries arrived. Record their outcomes.",
        count,
    )
    address = reverse("admin:sending_delivery_changelist")
    return [AttentionItem(sentence % {"n": count}, _("Resolve"), f"{address}?state__exact=unknown")]
