"""The page of a campaign: live figures, actions, definition and events."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from campaigns.admin.campaign_schedule import schedule_context, schedule_facts
from campaigns.admin.follow_up import earlier_people_facts, follow_ups
from campaigns.admin.run_figures import live_context
from campaigns.admin.run_under_way import text_of_run
from campaigns.creation.pool_shares import shares_text
from campaigns.message_texts import variants_of
from campaigns.models import Campaign, CampaignRun, MessageTemplate
from campaigns.reports.latest_replies import latest_replies
from campaigns.reports.variant_figures import is_compared
from foundation.admin import STOP_POLLING, require
from foundation.admin.key_fields import is_key
from foundation.restricted import visible
from foundation.spans import span_words


class CampaignPage:
    """Mixin of CampaignAdmin: the page, and the fragment that it polls."""

    def page_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Show the campaign with one of its runs, the newest unless the address names another."""
        campaign, run = self._find(request, object_id)
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": Campaign._meta,
            "title": campaign.name,
            "original": campaign,
            "runs": list(campaign.runs.order_by("-number")[:50]),
            "events": run.events.select_related("by")[:20] if run is not None else [],
            "variant_versions": _variant_versions(run),
            "variants": variants_of(campaign),
            "can_change": self.has_change_permission(request, campaign),  # type: ignore[attr-defined]
            "follow_ups": follow_ups(run) if self.has_add_permission(request) else [],  # type: ignore[attr-defined]
            "earlier_people": earlier_people_facts(campaign.earlier_people),
            "excluded_earlier_people": earlier_people_facts(campaign.excluded_earlier_people),
            "pool_shares": shares_text(campaign.pools.order_by("name"), campaign.pool_shares),
            "online_within": span_words(campaign.online_within) if campaign.online_within else "",
            "is_compared": run is not None and is_compared(run),
            "text_of_run": text_of_run(campaign, run),
            "schedule_facts": schedule_facts(campaign),
            **schedule_context(campaign),
            **live_context(campaign, run),
            **_replies(request, run),
        }
        return TemplateResponse(request, "console/campaign/page.html", context)

    def live_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Answer with the live part alone; the page asks for it every two seconds."""
        campaign, run = self._find(request, object_id)
        context = {
            "can_change": self.has_change_permission(request, campaign),  # type: ignore[attr-defined]
            **live_context(campaign, run),
            **_replies(request, run),
        }
        status = 200 if context["is_live"] else STOP_POLLING
        return TemplateResponse(request, "console/campaign/live.html", context, status=status)

    def page_context(self, request: HttpRequest, obj: Campaign) -> dict[str, Any]:
        """Return what the campaign's tabs, above the form, need."""
        return _tabs_context(obj)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the changes under the campaign's tabs."""
        campaign = self.get_object(request, object_id)  # type: ignore[attr-defined]
        tabs = _tabs_context(campaign) if campaign is not None else {}
        context = tabs | (extra_context or {})
        shown: HttpResponse = super().history_view(request, object_id, context)  # type: ignore[misc]
        return shown

    def _find(self, request: HttpRequest, object_id: int) -> tuple[Campaign, CampaignRun | None]:
        require(self.has_view_permission(request))  # type: ignore[attr-defined]
        campaign = visible(Campaign.objects.filter(pk=object_id), request.user).first()
        if campaign is None:
            raise Http404
        runs = campaign.runs.order_by("-number")
        number = request.GET.get("run", "")
        if is_key(number):
            runs = runs.filter(number=int(number))
        run = runs.first()
        if run is None and number:
            raise Http404
        return campaign, run


def _replies(request: HttpRequest, run: CampaignRun | None) -> dict[str, Any]:
    """Return the newest replies, for those who may read conversations; nothing before the start."""
    if run is None or run.planned_at is None:
        return {}
    if not request.user.has_perm("conversations.view_conversation"):
        return {}
    return {"latest_replies": latest_replies(run)}


def _tabs_context(campaign: Campaign) -> dict[str, Any]:
    """Return what the tabs need."""
    return {"campaign": campaign, "run": campaign.runs.order_by("-number").first()}


def _variant_versions(run: CampaignRun | None) -> list[dict[str, Any]]:
    """Return the versions of templates that a run's variants have, each with its page if it is."""
    versions = run.variant_versions if run is not None else []
    known = set(
        MessageTemplate.objects.filter(pk__in=[one["template"] for one in versions]).values_list(
            "pk", flat=True
        )
    )
    page = "admin:campaigns_messagetemplate_version"
    return [
        {
            **one,
            "address": reverse(page, args=[one["template"], one["version"]])
            if one["template"] in known
            else "",
        }
        for one in versions
    ]
