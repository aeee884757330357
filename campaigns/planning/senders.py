"""Which accounts may send for a campaign, and which part of the messages each pool gets.

The accounts are those chosen one by one and the members of the pools, as they are at the moment.
See docs/decisions/0027-shares-of-pools.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from django.db.models import Q

from accounts.models import Account
from accounts.pools import is_member
from accounts.querysets import AccountQuerySet
from campaigns.models import Campaign
from foundation.restricted import whole_tables

#: The key of the accounts chosen one by one among the groups with shares.
BY_HAND = 0

_CHOSEN = """{account} IN (SELECT c.account_id FROM campaigns_campaign_accounts c
    WHERE c.campaign_id = {campaign})"""
_IN_POOLS = """({account} IN (SELECT m.account_id FROM accounts_accountpool_accounts m
    WHERE m.accountpool_id IN ({pools}))
  OR {account} IN (SELECT al.account_id FROM accounts_accountpool_labels pl
    JOIN accounts_account_labels al ON al.label_id = pl.label_id
    WHERE pl.accountpool_id IN ({pools})))"""


@dataclass(frozen=True, slots=True)
class SenderGroup:
    """A pool with its share, or the accounts chosen one by one, whose key is BY_HAND."""

    key: int
    share: float


@dataclass(frozen=True, slots=True)
class Senders:
    """The accounts that may send for a campaign.

    Attributes:
        campaign_id: the campaign.
        has_accounts: whether it names accounts one by one.
        pool_ids: its pools.
        shares: the share of each group; empty if pace alone decides.
    """

    campaign_id: int
    has_accounts: bool = False
    pool_ids: Sequence[int] = ()
    shares: Sequence[SenderGroup] = ()

    def may_send(self, account: str) -> str:
        """Return the SQL condition that an account may send.

        Args:
            account: the SQL of the account's key.
        """
        conditions = [self.belongs(account, BY_HAND)] if self.has_accounts else []
        if self.pool_ids:
            keys = ", ".join(str(key) for key in self.pool_ids)
            conditions.append(_IN_POOLS.format(account=account, pools=keys))
        return f"({' OR '.join(conditions)})" if conditions else "TRUE"

    def belongs(self, account: str, key: int) -> str:
        """Return the SQL condition that an account belongs to a group.

        The selects do not depend on the row, so both databases evaluate each once a statement and
        look rows up in its result.
        """
        if key == BY_HAND:
            return _CHOSEN.format(account=account, campaign=self.campaign_id)
        return _IN_POOLS.format(account=account, pools=key)


def senders_of(campaign: Campaign) -> Senders:
    """Return the senders of a campaign, as they are now."""
    has_accounts = campaign.accounts.exists()
    pool_ids = list(campaign.pools.order_by("pk").values_list("pk", flat=True))
    shares: list[SenderGroup] = []
    if pool_ids and campaign.pool_shares:
        shares = [SenderGroup(key, share_of(campaign.pool_shares, key)) for key in pool_ids]
        shares += [SenderGroup(BY_HAND, 1.0)] if has_accounts else []
    return Senders(campaign.pk, has_accounts, tuple(pool_ids), tuple(shares))


def share_of(shares: Mapping[str, float], pool_id: int) -> float:
    """Return the share of a pool; 1 if it was given none."""
    return float(shares.get(str(pool_id), 1.0))


@contextmanager
def as_planned(campaign: Campaign) -> Iterator[None]:
    """Let rows be read as planning reads them, whoever asks: limits count messages of all.

    A campaign that chooses no accounts would send by all. It is a draft if a restricted user sees
    it, and then the accounts of others stay out of sight.
    """
    is_chosen = campaign.accounts.exists() or campaign.pools.exists()
    with whole_tables() if is_chosen else nullcontext():
        yield


def accounts_of(*, campaign: Campaign) -> AccountQuerySet:
    """Return the accounts chosen for a campaign, or all accounts if none is chosen."""
    pool_ids = list(campaign.pools.values_list("pk", flat=True))
    if not pool_ids and not campaign.accounts.exists():
        return Account.objects.all()
    chosen = Campaign.accounts.through.objects.filter(campaign=campaign)
    return Account.objects.filter(Q(pk__in=chosen.values("account_id")) | is_member(pool_ids))
