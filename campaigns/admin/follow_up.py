"""Follow-ups of a run: links to the form of a new campaign to a part of its people."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.admin.page_urls import campaign_url
from campaigns.admin.planning_fields import choice_words, follow_up_query, rule_of
from campaigns.earlier_people import rules_in
from campaigns.models import Campaign, CampaignRun
from campaigns.states import EarlierGroup

#: The groups, the most likely one first, as the buttons name them.
GROUPS = {
    EarlierGroup.NOT_REPLIED: _("Those who did not reply"),
    EarlierGroup.REPLIED: _("Those who replied"),
    EarlierGroup.SENT: _("All who got it"),
    EarlierGroup.FAILED: _("Those to whom sending failed"),
}


def follow_ups(run: CampaignRun | None) -> list[tuple[Any, str]]:
    """Return label and URL of each follow-up of a run; none before it is planned."""
    if run is None or run.planned_at is None:
        return []
    form = reverse("admin:campaigns_campaign_add")
    return [(words, f"{form}?{follow_up_query(run, group)}") for group, words in GROUPS.items()]


def earlier_people_facts(stored: Any) -> list[tuple[str, str]]:
    """Return the words of each group of earlier runs in a definition, and the URL of its run."""
    rules = rules_in(stored)
    campaigns = Campaign.objects.in_bulk({rule.campaign for rule in rules})
    facts = []
    for rule in rules:
        campaign = campaigns.get(rule.campaign)
        address = campaign_url(campaign) if campaign is not None else ""
        if address and rule.number is not None:
            address += f"?run={rule.number}"
        name = str(campaign) if campaign is not None else gettext("a deleted campaign")
        facts.append((choice_words(name, rule), address))
    return facts


class FollowUp:
    """Mixin of CampaignAdmin: fills in the form of a follow-up."""

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Return the query's values; people of an earlier run as the choice they name."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)  # type: ignore[misc]
        chosen = initial.pop("earlier_people", "")
        initial.pop("excluded_earlier_people", None)
        if rule_of(str(chosen)) is not None:
            initial["earlier_people"] = [chosen]
        return initial
