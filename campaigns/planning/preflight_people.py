"""Who stands behind the figures of a preflight: the people of a campaign, by what becomes of them.

Planning's own picks, asked for chunk by chunk: nobody is planned, and of a million people only as
many are looked at as it takes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.db.models import QuerySet

from accounts.models import Account
from campaigns.audience_query import targeted_contacts
from campaigns.models import Campaign
from campaigns.planning.plan_sql import Picks, pick_accounts
from campaigns.planning.preflight_sql import PreflightGroup, first_picks
from contacts.models import Contact

#: People looked at in the first chunk; each further chunk is four times as large.
FIRST_CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class Audience:
    """The people of a campaign, in order of id, and what picks an account for some of them."""

    people: QuerySet[Contact]
    pick: Callable[..., Picks]


def audience_of(*, campaign: Campaign) -> Audience:
    """Return the audience as planning sees it.

    The run's number is in planning's draw, so that single people may come to another account in
    the end; how many each gets does not change.

    Raises:
        Refusal: a segment has a condition that cannot be evaluated.
    """
    pick = partial(
        pick_accounts,
        run_id=0,
        list_ids=list(campaign.lists.values_list("pk", flat=True)),
        campaign_id=campaign.pk,
        has_chosen_accounts=campaign.accounts.exists(),
        allows_strangers=campaign.allows_strangers,
    )
    return Audience(targeted_contacts(of=campaign).order_by("pk"), pick)


def first_routes(
    *,
    audience: Audience,
    group: PreflightGroup,
    most: int,
    after: int = 0,
    account_id: int | None = None,
) -> dict[int, int | None]:
    """Return the first people of an audience of whom this would become, each with the account.

    Args:
        audience: of whom.
        group: what would become of them.
        most: how many at most.
        after: only people with a higher id.
        account_id: only those whom this account would write to.
    """
    found: dict[int, int | None] = {}
    size = FIRST_CHUNK
    while len(found) < most:
        people = audience.people.filter(pk__gt=after)
        found |= first_picks(
            picks=audience.pick(people=people[:size]),
            group=group,
            most=most - len(found),
            account_id=account_id,
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
) -> list[tuple[Contact, Account | None]]:
    """Return the people behind a figure of a preflight, each with who would write to them.

    Raises:
        Refusal: a segment has a condition that cannot be evaluated.
    """
    routes = first_routes(
        audience=audience_of(campaign=campaign),
        group=group,
        most=most,
        after=after,
        account_id=account.pk if account is not None else None,
    )
    people = Contact.objects.in_bulk(list(routes))
    accounts = Account.objects.in_bulk({pk for pk in routes.values() if pk is not None})
    return [
        (
            people[pk],
            accounts.get(account_id) if account_id and group == PreflightGroup.SENDABLE else None,
        )
        for pk, account_id in routes.items()
        if pk in people  # else deleted while we looked
    ]
