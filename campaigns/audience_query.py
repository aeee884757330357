"""The audience of a campaign or a run, as queries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Count, QuerySet

from campaigns.earlier_people import RunGroup, groups_in, lists_of, people_of, resolved, rules_in
from campaigns.models import Campaign, CampaignRun
from contacts.models import Contact, ContactList, Membership
from contacts.segments.audience import audience_contacts, in_lists, leave_out


def targeted_contacts(*, of: Campaign | CampaignRun) -> QuerySet[Contact]:
    """Return the people in lists, segments and earlier runs without the excluded ones, each once.

    Args:
        of: a campaign, or a run with its own copy of the definition.

    Raises:
        Refusal: a segment has a condition that cannot be evaluated, or an earlier run is missing.
    """
    return audience_contacts(
        lists=_lists(of),
        excluded_lists=list(of.excluded_lists.all()),
        segments=list(of.segments.all()),
        also=[people_of(group) for group in earlier_groups(of=of)],
        excluded=[people_of(group) for group in earlier_groups(of=of, is_excluded=True)],
    )


def next_people(*, of: Campaign | CampaignRun, behind: int, most: int) -> QuerySet[Contact]:
    """Return the next people of an audience in order of contact id.

    An audience of one list is read from its memberships, in the order of their index: asking each
    contact whether it is a member would read all contacts for a small list, and take three times as
    long for a list of everybody. Nobody is twice in a list, so nobody is returned twice.

    Args:
        of: a campaign, or a run with its own copy of the definition.
        behind: the contact id after which they begin.
        most: the maximum number of people.

    Raises:
        Refusal: a segment has a condition that cannot be evaluated, or an earlier run is missing.
    """
    return reader_of(of=of)(behind, most)


def reader_of(*, of: Campaign | CampaignRun) -> Callable[[int, int], QuerySet[Contact]]:
    """Return `next_people` of an audience whose definition is read now, and not for each chunk.

    Raises:
        Refusal: a segment has a condition that cannot be evaluated, or an earlier run is missing.
    """
    lists = _lists(of)
    if not _is_one_list(of, lists):
        people = targeted_contacts(of=of).order_by("pk")
        return lambda behind, most: people.filter(pk__gt=behind)[:most]
    excluded_lists = list(of.excluded_lists.all())
    excluded = [people_of(group) for group in earlier_groups(of=of, is_excluded=True)]

    def read(behind: int, most: int) -> QuerySet[Contact]:
        # Both sides begin behind the contact: PostgreSQL may merge them, and read the other one
        # from its first row, six million for a chunk of fifty thousand.
        members = Contact.objects.filter(
            pk__gt=behind,
            memberships__contact_list=lists[0],
            memberships__contact_id__gt=behind,
        ).order_by("memberships__contact_id")
        return leave_out(members, excluded_lists=excluded_lists, excluded=excluded)[:most]

    return read


def reads_more_than(most: int, *, of: Campaign | CampaignRun) -> bool:
    """Return whether to read the whole audience is to read more rows than a number.

    Of one list the members are read, for any other audience all contacts. No more rows than the
    number are looked at here.
    """
    lists = _lists(of)
    read: QuerySet[Any] = Contact.objects.order_by("pk")
    if _is_one_list(of, lists):
        read = Membership.objects.filter(contact_list=lists[0]).order_by("contact_id")
    return read[most : most + 1].exists()


def earlier_groups(*, of: Campaign | CampaignRun, is_excluded: bool = False) -> list[RunGroup]:
    """Return the groups of earlier runs that are in the audience, or those that are left out.

    Raises:
        Refusal: the campaign names a run that does not exist.
    """
    stored = of.excluded_earlier_people if is_excluded else of.earlier_people
    return groups_in(stored) if isinstance(of, CampaignRun) else resolved(rules_in(stored))


def inherited_lists(*, campaign: Campaign) -> list[ContactList]:
    """Return the lists of the earlier runs in the audience that are not the campaign's own.

    Raises:
        Refusal: the campaign names a run that does not exist.
    """
    groups = earlier_groups(of=campaign)
    if not groups:
        return []
    return list(lists_of(groups).exclude(pk__in=campaign.lists.values("pk")))


def merged_memberships(*, of: Campaign | CampaignRun) -> int:
    """Return the number of memberships beyond each person's first, over all lists of the audience.

    Counting memberships is enough: a person in a list and in no excluded list is in the audience.
    """
    lists = _lists(of)
    if len(lists) < 2:
        return 0
    memberships = Membership.objects.filter(contact_list__in=lists)
    excluded = [contact_list.pk for contact_list in of.excluded_lists.all()]
    if excluded:
        memberships = memberships.exclude(in_lists(excluded, person="contact_id"))
    counted = memberships.aggregate(n=Count("pk"), people=Count("contact", distinct=True))
    return int(counted["n"] - counted["people"])


def _is_one_list(of: Campaign | CampaignRun, lists: list[ContactList]) -> bool:
    """Return whether an audience is the members of one list, whatever it leaves out."""
    return len(lists) == 1 and not of.segments.exists() and not of.earlier_people


def _lists(of: Campaign | CampaignRun) -> list[ContactList]:
    """Return the lists whose members are in the audience."""
    lists = of.lists.all()
    if isinstance(of, CampaignRun):
        lists = lists.exclude(pk__in=of.inherited_lists.values("pk"))
    return list(lists)
