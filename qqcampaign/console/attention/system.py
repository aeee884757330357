"""Workers, outages, clocks, notifications, mails, webhooks and upkeep that need somebody."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count, Max, Min, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Egress, Outage, Worker
from campaigns.models import Notification, ReportMail
from campaigns.notification_states import NotificationState
from campaigns.report_states import MailState
from clocks import shared
from clocks.models import HostClock
from foundation.times import span
from holds.models import is_held, open_holds
from operations.models import OPEN, Upkeep, UpkeepKind, UpkeepState
from qqcampaign.console.attention.item import AttentionItem, Kind
from qqcampaign.console.attention.part import runs_address
from webhooks.models import Endpoint
from webhooks.states import EndpointState

#: Number of egresses and outages that get an item each.
NAMED = 3
#: Days for which notifications and mails that failed are told.
RECENT_DAYS = 3


def held(request: HttpRequest) -> list[AttentionItem]:
    """Return the item of a restored installation, for everybody: nothing is sent until then."""
    if not is_held():
        return []
    may_release = request.user.has_perm("holds.change_hold")
    return [
        AttentionItem(
            Kind.HELD,
            _("It was restored from a backup: nothing is sent until it is released."),
            _("Review and release") if may_release else _("Show runs"),
            reverse("restored") if may_release else runs_address(),
            "danger",
            open_holds().order_by("restored_at").values_list("restored_at", flat=True).first(),
        )
    ]


def workers() -> list[AttentionItem]:
    """Return that no worker is running, or the egresses whose accounts wait for one."""
    address = reverse("admin:accounts_worker_changelist")
    if not Worker.objects.living().exists():
        return [
            AttentionItem(
                Kind.NO_WORKER,
                _(
                    "No worker is running, so no account can log in and nothing is sent. Start a "
                    "worker."
                ),
                _("Show workers"),
                address,
                "danger",
                _last_beat(Worker.objects.all()),
            )
        ]
    without_worker = Egress.objects.filter(is_enabled=True, pinned_accounts__isnull=False).exclude(
        workers__in=Worker.objects.living()
    )
    return [
        AttentionItem(
            Kind.NO_WORKER,
            _("No worker is running for egress %(name)s, so its pinned accounts wait.")
            % {"name": egress.name},
            _("Show workers"),
            address,
            since=_last_beat(egress.workers.all()),
        )
        for egress in without_worker.distinct()[:NAMED]
    ]


def _last_beat(workers: QuerySet[Worker]) -> datetime | None:
    """Return when the last of some workers was seen alive; None if there was none."""
    at: datetime | None = workers.aggregate(at=Max("heartbeat_at"))["at"]
    return at and shared.as_wall(at)


def outages() -> list[AttentionItem]:
    """Return the open outages."""
    found = Outage.objects.filter(ended_at=None).select_related("egress")[:NAMED]
    address = reverse("admin:accounts_outage_changelist")
    return [
        AttentionItem(
            Kind.OUTAGES,
            _(
                "The gateway cannot be reached from egress %(egress)s: %(why)s Sending resumes "
                "automatically."
            )
            % {"egress": outage.egress, "why": outage.sentence},
            _("Show outages"),
            address,
            "danger",
            outage.began_at,
        )
        for outage in found
    ]


def wrong_clocks() -> list[AttentionItem]:
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
        items.append(
            AttentionItem(
                Kind.WRONG_CLOCKS,
                sentence % values,
                _("Show workers"),
                address,
                since=host.wrong_since,
            )
        )
    return items


def failed_notifications() -> list[AttentionItem]:
    """Return the notifications of the last days that nobody got, as one item."""
    since = shared.wall() - timedelta(days=RECENT_DAYS)
    # By the index of `at`.
    failed = Notification.objects.filter(at__gte=since, state=NotificationState.FAILED).aggregate(
        n=Count("pk"), first=Min("at")
    )
    if not failed["n"]:
        return []
    sentence = ngettext(
        "%(n)d notification could not be delivered.",
        "%(n)d notifications could not be delivered.",
        failed["n"],
    )
    address = f"{reverse('admin:campaigns_notification_changelist')}?state__exact=failed"
    return [
        AttentionItem(
            Kind.FAILED_NOTIFICATIONS,
            sentence % {"n": failed["n"]},
            _("Show notifications"),
            address,
            since=failed["first"],
        )
    ]


def failed_report_mails() -> list[AttentionItem]:
    """Return the mails of saved reports that failed in the last days, as one item."""
    since = shared.wall() - timedelta(days=RECENT_DAYS)
    # By the index of `due_at`.
    mails = ReportMail.objects.filter(due_at__gte=since)
    failed = mails.filter(state__in=(MailState.FAILED, MailState.UNKNOWN)).aggregate(
        n=Count("pk"), first=Min("due_at")
    )
    if not failed["n"]:
        return []
    sentence = ngettext(
        "%(n)d mail with a report failed, or it is not known whether it was sent.",
        "%(n)d mails with reports failed, or it is not known whether they were sent.",
        failed["n"],
    )
    return [
        AttentionItem(
            Kind.FAILED_REPORT_MAILS,
            sentence % {"n": failed["n"]},
            _("Show mails"),
            reverse("reports-saved"),
            since=failed["first"],
        )
    ]


def failing_webhooks() -> list[AttentionItem]:
    """Return the webhooks whose calls fail: their events are kept and wait."""
    failing = Endpoint.objects.filter(state=EndpointState.FAILING)
    return [
        AttentionItem(
            Kind.FAILING_WEBHOOKS,
            _("The webhook “%(name)s” fails: %(why)s")
            % {"name": endpoint.name, "why": endpoint.problem},
            _("Check webhook"),
            reverse("admin:webhooks_endpoint_change", args=[endpoint.pk]),
            since=endpoint.failing_since,
        )
        for endpoint in failing.order_by("failing_since", "pk")[:NAMED]
    ]


def failed_upkeep() -> list[AttentionItem]:
    """Return the backup and the removal that failed, unless a later one of its kind was done."""
    items = []
    for kind in UpkeepKind:
        newest = Upkeep.objects.filter(kind=kind).exclude(state__in=OPEN).order_by("-pk").first()
        if newest is None or newest.state != UpkeepState.FAILED:
            continue
        sentence = (
            _("The backup failed: %(why)s")
            if kind == UpkeepKind.BACKUP
            else _("The removal of old data failed: %(why)s")
        )
        items.append(
            AttentionItem(
                Kind.FAILED_UPKEEP,
                sentence % {"why": newest.problem},
                _("Data and backups"),
                reverse("upkeep"),
                since=newest.finished_at or newest.requested_at,
            )
        )
    return items
