"""The people behind each figure of a preflight.

The query with which planning picks an account for each person is asked chunk by chunk, and nothing
is planned. Of a large audience only as many people are read as the page shows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.db.models import QuerySet

from accounts.models import Account
from campaigns.audience_query import reader_of, reads_more_than, targeted_contacts
from campaigns.models import Campaign
from campaigns.planning.people_sql import Chunk
from campaigns.planning.plan_sql import Picks, pick_accounts, reading_chunks
from campaigns.planning.preflight_sql import PreflightGroup, first_picks
from campaigns.planning.rules import rules_of_campaign
from campaigns.planning.senders import as_planned
from contacts.models import Contact

#: The groups whose people would get the message, and from whom.
_SENT_BY = (PreflightGroup.SENDABLE, PreflightGroup.KEPT)
#: People that are counted while a page waits: 50,000 took PostgreSQL 0.6 s.
MOST_AT_ONCE = 5_000
#: People in the first chunk; each further chunk is four times as large.
FIRST_CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class Audience:
    """The people of a campaign, by id, and the functions that read them.

    Attributes:
        people: all of them.
        read: returns those after a contact id, at most a number, as planning reads them.
        pick: picks accounts for some of them.
    """

    people: QuerySet[Contact]
    read: Callable[[int, int], QuerySet[Contact]]
    pick: Callable[[QuerySet[Contact]], Picks]


def audience_of(*, campaign: Campaign) -> Audience:
    """Return the audience as planning reads it.

    Planning hashes the run id, which does not exist yet. So a person may be assigned to another
    account in the end; the load of each account stays about the same.

    Raises:
        Refusal: a segment has a condition that cannot be evaluated.
    """
    rules = rules_of_campaign(campaign)

    def pick(people: QuerySet[Contact]) -> Picks:
        return pick_accounts(rules=rules, people=Chunk(people))

    people = targeted_contacts(of=campaign).order_by("pk")
    return Audience(people, reader_of(of=campaign), pick)


def takes_long_to_count(*, campaign: Campaign) -> bool:
    """Return whether the people of a campaign are too many to be counted while a page waits."""
    return reads_more_than(MOST_AT_ONCE, of=campaign)


def first_routes(
    *,
    audience: Audience,
    group: PreflightGroup,
    most: int,
    after: int = 0,
    account_id: int | None = None,
    texts: Collection[int] | None = None,
) -> dict[int, int | None]:
    """Return the first people of a preflight group, with the account picked for each.

    Args:
        audience: the audience.
        group: the preflight group.
        most: the maximum number of people.
        after: only people with a higher contact id.
        account_id: only people this account would send to.
        texts: only people who would get a text with one of these numbers.

    Returns:
        the account id, or None, by contact id.
    """
    found: dict[int, int | None] = {}
    size = FIRST_CHUNK
    with reading_chunks():
        while len(found) < most:
            people = audience.read(after, size)
            found |= first_picks(
                picks=audience.pick(people),
                group=group,
                most=most - len(found),
                account_id=account_id,
                texts=texts,
            )
            last = people.values_list("pk", flat=True)[size - 1 : size].first()
            if last is None:
                break
            after, size = last, size * 4
    return found


def people_in_group(
    *,
    campaign: Campaign,
    group: PreflightGroup,
    most: int,
    after: int = 0,
    account: Account | None = None,
    texts: Collection[int] | None = None,
) -> list[tuple[Contact, Account | None]]:
    """Return the people behind a figure of a preflight, each with the sender account.

    Args:
        campaign: the campaign.
        group: the preflight group.
        most: the maximum number of people.
        after: only people with a higher contact id.
        account: only people this account would send to.
        texts: only people who would get a text with one of these numbers.

    Raises:
        Refusal: a segment has a condition that cannot be evaluated.
    """
    with as_planned(campaign):
        routes = first_routes(
            audience=audience_of(campaign=campaign),
            group=group,
            most=most,
            after=after,
            account_id=account.pk if account is not None else None,
            texts=texts,
        )
    people = Contact.objects.in_bulk(list(routes))
    accounts = Account.objects.in_bulk({pk for pk in routes.values() if pk is not None})
    return [
        (
            people[pk],
            accounts.get(account_id) if account_id and group in _SENT_BY else None,
        )
        for pk, account_id in routes.items()
        if pk in people  # otherwise deleted in the meantime
    ]
