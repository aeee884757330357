"""The overview: runs, sending rate, account states, and what needs the operator's attention."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts.models import Account, Session, Worker
from campaigns.models import Campaign, CampaignRun
from contacts.models import Contact, ContactList
from foundation.admin import require
from foundation.restricted import is_restricted
from qqcampaign.console.attention import attention_items, sees_own_runs
from qqcampaign.console.last_hour import last_hour
from qqcampaign.console.panels import account_panel, code_panel, run_panel
from qqcampaign.console.today import today
from sending.states import RunState


def overview(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Return the context of the overview (Unfold's DASHBOARD_CALLBACK)."""
    return {**context, **_live_part(request)}


def overview_live(request: HttpRequest) -> HttpResponse:
    """Answer with the live part of the overview. The page requests it every 5 seconds."""
    require(admin.site.has_permission(request))
    return TemplateResponse(request, "console/overview/live.html", _live_part(request))


def _live_part(request: HttpRequest) -> dict[str, Any]:
    may_see = request.user.has_perm
    sees_runs = may_see("campaigns.view_campaignrun") or sees_own_runs(request.user)
    runs = run_panel() if sees_runs else []
    return {
        **(_whole_part(may_see) if not is_restricted(request.user) else {}),
        "attention": attention_items(request),
        "runs": runs,
        "running": sum(line.run.state == RunState.RUNNING for line in runs),
        "next_done": min((line.eta for line in runs if line.eta is not None), default=None),
        "accounts": account_panel() if may_see("accounts.view_account") else [],
    }


def _whole_part(may_see: Callable[[str], bool]) -> dict[str, Any]:
    """Return the figures of the whole installation, which restricted operators are not shown."""
    hour, day = last_hour(), today()
    return {
        "steps": _first_steps() if may_see("campaigns.view_campaign") else [],
        "today": day,
        "change": day.change(hour.now),
        "last_hour": hour,
        "codes": code_panel(hour),
    }


def _first_steps() -> list[dict[str, Any]]:
    """Return the first steps and which are done; an empty list once a run exists."""
    if CampaignRun.objects.exists():
        return []
    return [
        {"key": "worker", "is_done": Worker.objects.living().exists()},
        {
            "key": "gateway",
            "is_done": Session.objects.exists(),
            "address": settings.QQ_GATEWAY_URL,
        },
        {"key": "accounts", "is_done": Account.objects.exists()},
        {"key": "friends", "is_done": Account.objects.filter(friend_count__gt=0).exists()},
        {"key": "contacts", "is_done": Contact.objects.exists() and ContactList.objects.exists()},
        {"key": "campaign", "is_done": Campaign.objects.exists()},
        {"key": "start", "is_done": False},
    ]
