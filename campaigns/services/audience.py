"""Who a campaign is for, as a query."""

from __future__ import annotations

from django.db.models import QuerySet

from campaigns.models import Campaign
from contacts.models import Contact
from contacts.services.audience import audience_contacts


def people_of(*, campaign: Campaign) -> QuerySet[Contact]:
    """Return the people of a campaign's lists and segments, without its excluded lists, each once.

    Raises:
        Refusal: a segment has a condition that cannot be evaluated.
    """
    return audience_contacts(
        lists=list(campaign.lists.all()),
        excluded_lists=list(campaign.excluded_lists.all()),
        segments=list(campaign.segments.all()),
    )
