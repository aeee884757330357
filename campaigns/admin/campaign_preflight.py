"""The preflight page: what a start would do, before it does anything."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from campaigns.admin.delivery import reason_in_words
from campaigns.models import Campaign
from campaigns.services.preflight import preflight
from campaigns.states import ACTIVE_RUN_STATES


class CampaignPreflight:
    """Mixed into the campaign's admin."""

    def preflight_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Rehearse: who would be written to, by whom, until when, and who not and why."""
        campaign, run = self._find(request, object_id)  # type: ignore[attr-defined]
        found = preflight(campaign=campaign)
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": Campaign._meta,
            "title": campaign.name,
            "original": campaign,
            "campaign": campaign,
            "run": run,
            "found": found,
            "skipped": [(reason_in_words(reason), n) for reason, n in found.skipped.items()],
            "can_start": not found.problems
            and self.has_change_permission(request)  # type: ignore[attr-defined]
            and not campaign.runs.filter(state__in=ACTIVE_RUN_STATES).exists(),
        }
        return TemplateResponse(request, "console/campaign/preflight.html", context)
