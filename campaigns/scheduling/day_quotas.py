"""Days on which more people are to be written to than the accounts may write to in a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Any

from accounts.models import Account
from accounts.pool_members import messages_a_day
from accounts.pools import members_of
from accounts.states import WORKING_STATES
from campaigns.models import Campaign
from campaigns.scheduling.calendar import Entry
from contacts.models import DailySize, Membership

#: Memberships that are counted for a list that has no size of a day yet.
MOST_COUNTED = 50_000
#: Campaigns with more accounts than this are not compared: reading the accounts would take long.
MOST_ACCOUNTS = 2_000


@dataclass(frozen=True, slots=True)
class Overload:
    """Starts of one day that are too much for their accounts.

    Attributes:
        day: the day.
        campaigns: the names of the campaigns, in the order of their starts.
        people: how many people they are for, at most: strangers are among them.
        accounts: how many accounts send.
        quota: the messages that these may send in a day.
    """

    day: date
    campaigns: tuple[str, ...]
    people: int
    accounts: int
    quota: int


def overloads(entries: Iterable[Entry], zone: tzinfo) -> list[Overload]:
    """Return the days to come whose starts are too much for their accounts, the earliest first.

    Campaigns with the same accounts are added up. People in earlier runs are not counted.
    """
    by_day: defaultdict[date, dict[int, Campaign]] = defaultdict(dict)
    for entry in entries:
        if entry.is_ahead:
            by_day[entry.at.astimezone(zone).date()][entry.campaign.pk] = entry.campaign
    campaigns = {key: one for day in by_day.values() for key, one in day.items()}
    senders = {key: _senders_of(one) for key, one in campaigns.items()}
    quotas: dict[frozenset[int], int | None] = {
        keys: _quota(keys) for keys in set(senders.values())
    }
    limited = [one for key, one in campaigns.items() if quotas[senders[key]] is not None]
    people = _people_of(limited)
    found = []
    for day, starting in sorted(by_day.items()):
        together: defaultdict[frozenset[int], list[Campaign]] = defaultdict(list)
        for key, campaign in starting.items():
            together[senders[key]].append(campaign)
        for keys, those in together.items():
            quota, n = quotas[keys], sum(people.get(one.pk, 0) for one in those)
            if quota is not None and n > quota:
                names = tuple(one.name for one in those)
                found.append(Overload(day, names, n, len(keys), quota))
    return found


def _senders_of(campaign: Campaign) -> frozenset[int]:
    """Return the keys of a campaign's working accounts; without accounts and pools, all."""
    own = campaign.accounts.filter(state__in=WORKING_STATES)
    keys = set(own.values_list("pk", flat=True)[: MOST_ACCOUNTS + 1])
    pools = list(campaign.pools.all())
    for pool in pools:
        members = members_of(pool).filter(state__in=WORKING_STATES)
        keys.update(members.values_list("pk", flat=True)[: MOST_ACCOUNTS + 1])
    if not pools and not campaign.accounts.exists():
        working = Account.objects.filter(state__in=WORKING_STATES)
        keys.update(working.values_list("pk", flat=True)[: MOST_ACCOUNTS + 1])
    return frozenset(keys)


def _quota(keys: frozenset[int]) -> int | None:
    """Return what these accounts may send in a day; None: one is not limited, or they are many."""
    if not keys or len(keys) > MOST_ACCOUNTS:
        return None
    accounts = Account.objects.filter(pk__in=keys).select_related("lease").defer("credential")
    limits = [messages_a_day(account) for account in accounts]
    known = [limit for limit in limits if limit is not None]
    return sum(known) if len(known) == len(limits) else None


def _people_of(campaigns: Sequence[Campaign]) -> dict[int, int]:
    """Return how many people campaigns are for, at most, by the newest sizes of their audiences."""
    lists = {row.pk for one in campaigns for row in one.lists.all()}
    segments = {row.pk for one in campaigns for row in one.segments.all()}
    of_lists = _newest(DailySize.objects.filter(contact_list__in=lists), "contact_list_id")
    of_segments = _newest(DailySize.objects.filter(segment__in=segments), "segment_id")
    for key in lists - of_lists.keys():
        members = Membership.objects.filter(contact_list=key).values("pk")
        of_lists[key] = members[:MOST_COUNTED].count()
    return {
        one.pk: sum(of_lists[row.pk] for row in one.lists.all())
        + sum(of_segments.get(row.pk, 0) for row in one.segments.all())
        for one in campaigns
    }


def _newest(sizes: Any, column: str) -> dict[int, int]:
    """Return the newest known size by list or segment."""
    rows = sizes.exclude(people=None).order_by("day").values_list(column, "people")
    return dict(rows)
