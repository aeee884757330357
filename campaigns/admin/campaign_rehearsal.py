"""The rehearsal on the preflight page: start, cancel, live progress and result."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from campaigns.approvals.definition import definition_of
from campaigns.approvals.differences import changed_labels
from campaigns.approvals.requests import last_approval
from campaigns.models import Campaign
from campaigns.rehearsals.lifecycle import (
    cancel_open_rehearsal,
    newest_rehearsal,
    start_rehearsal,
)
from campaigns.rehearsals.result import longest_sentence, text_sentences
from campaigns.states import OPEN_REHEARSAL_STATES, RehearsalState
from foundation.admin import STOP_POLLING, require
from foundation.refusals import Refusal

REHEARSAL_COLOURS = {
    RehearsalState.DONE: "success",
    RehearsalState.FAILED: "danger",
    RehearsalState.RUNNING: "info",
}


class CampaignRehearsal:
    """Mixin of CampaignAdmin: the views of the rehearsal."""

    def rehearsal_view(self, request: HttpRequest, object_id: int, verb: str) -> HttpResponse:
        """Start or cancel a rehearsal (POST only)."""
        campaign, _run = self._find(request, object_id)  # type: ignore[attr-defined]
        require(self.has_change_permission(request))  # type: ignore[attr-defined]
        if verb not in ("start", "cancel"):
            raise Http404
        if request.method == "POST":
            try:
                if verb == "start":
                    start_rehearsal(campaign=campaign, by=request.user)
                else:
                    cancel_open_rehearsal(campaign=campaign)
            except Refusal as refusal:
                messages.error(request, refusal.sentence)
        address = reverse("admin:campaigns_campaign_preflight", args=[campaign.pk])
        return HttpResponseRedirect(f"{address}#rehearsal")

    def rehearsal_live_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Answer with the rehearsal's card alone; the page asks for it every second."""
        campaign, _run = self._find(request, object_id)  # type: ignore[attr-defined]
        context = rehearsal_context(campaign)
        context["can_change"] = self.has_change_permission(request)  # type: ignore[attr-defined]
        status = 200 if context["is_rehearsing"] else STOP_POLLING
        return TemplateResponse(request, "console/campaign/rehearsal.html", context, status=status)


def rehearsal_context(campaign: Campaign) -> dict[str, Any]:
    """Return what the card shows of the newest rehearsal."""
    rehearsal = newest_rehearsal(campaign)
    if rehearsal is None:
        return {"campaign": campaign, "rehearsal": None, "is_rehearsing": False}
    is_over = rehearsal.state not in OPEN_REHEARSAL_STATES
    context = {
        "campaign": campaign,
        "rehearsal": rehearsal,
        "rehearsal_colour": REHEARSAL_COLOURS.get(RehearsalState(rehearsal.state), ""),
        "is_rehearsing": not is_over,
    }
    if not is_over:
        return context
    now, approved = definition_of(campaign), last_approval(campaign)
    hashes = (rehearsal.text_hash, rehearsal.rules_hash)
    return {
        **context,
        "is_outdated": hashes != (now.text_hash, now.rules_hash),
        "changed_since_approval": changed_labels(approved.definition, now.stored)
        if approved is not None
        else "",
        "text_sentences": text_sentences(rehearsal),
        "longest": longest_sentence(rehearsal),
    }
