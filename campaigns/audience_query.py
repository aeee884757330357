"""The audience of a campaign or a run, as queries."""

from __future__ import annotations

from django.db.models import Count, QuerySet

from campaigns.models import Campaign, CampaignRun
from contacts.models import Contact, Membership
from contacts.segments.audience import audience_contacts, in_lists


def targeted_contacts(*, of: Campaign | CampaignRun) -> QuerySet[Contact]:
    """Return the people in the lists and segments but in no excluded list, each once.

    Args:
        of: a campaign, or a run with its own copy of lists and segments.

    Raises:
        Refusal: a segment has a condition that cannot be evaluated.
    """
    return audience_contacts(
        lists=list(of.lists.all()),
        excluded_lists=list(of.excluded_lists.all()),
        segments=list(of.segments.all()),
    )


def merged_memberships(*, of: Campaign | CampaignRun) -> int:
    """Return the number of memberships beyond each person's first, over all lists of the audience.

    Counting memberships is enough: a person in a list and in no excluded list is in the audience.
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
