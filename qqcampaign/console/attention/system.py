"""Workers, outages, clocks and notifications that need somebody."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Count, Min
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Egress, Outage, Worker
from campaigns.models import Notification
from campaigns.notification_states import NotificationState
from clocks import shared
from clocks.models import HostClock
from foundation.times import span
from holds.models import is_held
from qqcampaign.console.attention.item import AttentionItem

#: Number of egresses and outages that get an item each.
NAMED = 3
#: Days for which notifications that failed are told.
RECENT_DAYS = 3


def held(request: HttpRequest) -> list[AttentionItem]:
    """Return the item of a restored installation, for everybody: nothing is sent until then."""
    if not is_held():
        return []
    may_release = request.user.has_perm("holds.change_hold")
    return [
        AttentionItem(
            "held",
            _("It was restored from a backup: nothing is sent until it is released."),
            _("Review and release") if may_release else _("Show runs"),
            reverse("restored" if may_release else "admin:campaigns_campaignrun_changelist"),
            "danger",
        )
    ]


def workers() -> list[AttentionItem]:
    """Return that no worker is running, or the egresses whose accounts wait for one."""
    address = reverse("admin:accounts_worker_changelist")
    if not Worker.objects.living().exists():
        return [
            AttentionItem(
                "no_worker",
                _(
                    "No worker is running, so no account can log in and nothing is sent. Start a "
                    "worker."
                ),
                _("Show workers"),
                address,
                "danger",
            )
        ]
    without_worker = Egress.objects.filter(is_enabled=True, pinned_accounts__isnull=False).exclude(
        workers__in=Worker.objects.living()
    )
    return [
        AttentionItem(
            "no_worker",
            _("No worker is running for egress %(name)s, so its pinned accounts wait.")
            % {"name": egress.name},
            _("Show workers"),
            address,
        )
        for egress in without_worker.distinct()[:NAMED]
    ]


def outages() -> list[AttentionItem]:
    """Return the open outages."""
    found = Outage.objects.filter(ended_at=None).select_related("egress")[:NAMED]
    address = reverse("admin:accounts_outage_changelist")
    return [
        AttentionItem(
            "outages",
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
        items.append(AttentionItem("wrong_clocks", sentence % values, _("Show workers"), address))
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
            "failed_notifications",
            sentence % {"n": failed["n"]},
            _("Show notifications"),
            address,
            since=failed["first"],
        )
    ]
