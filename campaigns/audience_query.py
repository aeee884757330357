"""Who a campaign, or a run of it, is for, as a query."""

from __future__ import annotations

from django.db.models import Count, QuerySet

from campaigns.models import Campaign, CampaignRun
from contacts.models import Contact, Membership
from contacts.segments.audience import audience_contacts, in_lists


def targeted_contacts(*, of: Campaign | CampaignRun) -> QuerySet[Contact]:
    """Return the people of the lists and segments, without the excluded lists, each once.

    Args:
        of: a campaign, for who would be written to; a run, for whom it was started.

    Raises:
        Refusal: a segment has a condition that cannot be evaluated.
    """
    return audience_contacts(
        lists=list(of.lists.all()),
        excluded_lists=list(of.excluded_lists.all()),
        segments=list(of.segments.all()),
    )


def merged_memberships(*, of: Campaign | CampaignRun) -> int:
    """Return how many memberships fall together because a person is in several of the lists.

    Counted among memberships alone: whoever is in a list and in no excluded one is in the audience.
    """
    lists = list(of.lists.all())
    if len(lists) < 2:
        return 0
    memberships = Membership.objects.filter(contact_list__in=lists)
    excluded = [contact_list.pk for contact_list in of.excluded_lists.all()]
    if excluded:
        memberships = memberships.exclude(in_lists(excluded, person="contact_id"))
    counted = memberships.aggregate(n=Count("pk"), people=Count("contact", distinct=True))
    return int(counted["n"] - counted["people"])
