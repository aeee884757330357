"""Runs: every execution of every campaign."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from campaigns.admin.page_urls import run_url
from campaigns.models import CampaignRun
from foundation.admin import ConsoleAdmin, NameSearchMixin, ReadOnlyMixin, details
from foundation.display import choice_words
from sending.states import RunState

RUN_COLOURS = {
    RunState.DRAFT: "default",
    RunState.AWAITING_APPROVAL: "info",
    RunState.SCHEDULED: "info",
    RunState.PREPARING: "info",
    RunState.RUNNING: "success",
    RunState.PAUSED: "warning",
    RunState.FINISHED: "primary",
    RunState.CANCELLED: "default",
    RunState.STOPPED: "danger",
}


@admin.register(CampaignRun)
class RunAdmin(NameSearchMixin, ReadOnlyMixin, ConsoleAdmin):
    """The list of runs. They are controlled on the campaign's page."""

    list_display = ["named", "badge", "details", "created_at", "ended_at"]
    list_filter = [("state", ChoicesDropdownFilter), ("campaign", AutocompleteSelectFilter)]
    list_select_related = ["campaign"]
    list_display_links = None
    details = details("state_detail")
    search_fields = ["campaign__name"]
    name_key_field = "campaign__name_key"
    ordering = ["-id"]
    empty_sentence = _("A run begins when a campaign is started.")

    def address_of(self, request: HttpRequest, obj: CampaignRun) -> str:
        """Return the URL of the run on its campaign's page; a run has no form."""
        return run_url(obj)

    @display(description=_("run"), ordering="campaign__name")
    def named(self, run: CampaignRun) -> str:
        """Campaign and number, linked to the page."""
        return format_html('<a class="text-link" href="{}">{}</a>', run_url(run), run)

    @display(description=_("state"), label=RUN_COLOURS, ordering="state")
    def badge(self, run: CampaignRun) -> tuple[str, Any]:
        """The state, coloured."""
        return run.state, choice_words(run, "state")
