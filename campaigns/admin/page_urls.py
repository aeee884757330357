"""The URLs of the console's pages about campaigns, runs and deliveries."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from campaigns.models import ApprovalRequest, Campaign, CampaignRun, Sequence, TestRun
from sending.models import Run


def campaign_url(campaign: Campaign, run: CampaignRun | None = None) -> str:
    """Return the URL of a campaign's page, showing the newest or the given run."""
    page = reverse("admin:campaigns_campaign_page", args=[campaign.pk])
    return page if run is None else f"{page}?run={run.number}"


def approval_url(campaign: Campaign) -> str:
    """Return the URL of a campaign's approval page."""
    return reverse("admin:campaigns_campaign_approval", args=[campaign.pk])


def sequence_url(sequence: Sequence) -> str:
    """Return the URL of a sequence's page."""
    return reverse("admin:campaigns_sequence_page", args=[sequence.pk])


def sequence_approval_url(sequence: Sequence) -> str:
    """Return the URL of a sequence's approval page."""
    return reverse("admin:campaigns_sequence_approval", args=[sequence.pk])


def request_url(request: ApprovalRequest) -> str:
    """Return the URL of the page on which a request is decided."""
    subject = request.subject
    if isinstance(subject, Campaign):
        return approval_url(subject)
    return sequence_approval_url(subject)


def run_url(run: Run) -> str:
    """Return the URL of a run: its campaign's page; of a test: the page of tests.

    A run of an app above has no page; its deliveries are listed.
    """
    if isinstance(run, TestRun):
        return reverse("admin:campaigns_campaign_test", args=[run.campaign_id])
    if not isinstance(run, CampaignRun):
        return deliveries_url(run__id__exact=run.pk)
    page = reverse("admin:campaigns_campaign_page", args=[run.campaign_id])
    return f"{page}?run={run.number}"


def deliveries_url(**filters: Any) -> str:
    """Return the URL of the list of deliveries with these filters."""
    return f"{reverse('admin:sending_delivery_changelist')}?{urlencode(filters)}"
