"""Who a campaign is for, as a query."""

from __future__ import annotations

from django.db.models import QuerySet

from campaigns.models import Campaign
from contacts.models import Contact
from contacts.services.audience import audience_contacts


def people_of(*, campaign: Campaign) -> QuerySet[Contact]:
    """Return the people of a campaign's lists who are in none of its excluded ones, each once."""
    return audience_contacts(
        lists=list(campaign.lists.all()), excluded_lists=list(campaign.excluded_lists.all())
    )
