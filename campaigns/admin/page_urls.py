"""Where things are shown: the addresses that numbers and names lead to."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from campaigns.models import Campaign, CampaignRun


def campaign_url(campaign: Campaign, run: CampaignRun | None = None) -> str:
    """Return where a campaign is shown, with one of its runs."""
    page = reverse("admin:campaigns_campaign_page", args=[campaign.pk])
    return page if run is None else f"{page}?run={run.number}"


def run_url(run: CampaignRun) -> str:
    """Return where a run is shown: on the page of its campaign."""
    page = reverse("admin:campaigns_campaign_page", args=[run.campaign_id])
    return f"{page}?run={run.number}"


def deliveries_url(**filters: Any) -> str:
    """Return the list of deliveries with these filters set."""
    return f"{reverse('admin:sending_delivery_changelist')}?{urlencode(filters)}"
