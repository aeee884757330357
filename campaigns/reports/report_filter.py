"""What an overall report is about: campaigns by label or by name, and accounts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import Account
from campaigns.models import Campaign, CampaignRun
from labels.models import Label
from sending.models import RunMinute

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class ReportFilter:
    """Which campaigns and accounts an overall report is about. Nothing chosen: all of them.

    Attributes:
        labels: campaigns that have any of these labels.
        campaigns: these campaigns; beside labels, those of them that have one of the labels.
        accounts: only what these accounts sent.
    """

    labels: tuple[Label, ...] = ()
    campaigns: tuple[Campaign, ...] = ()
    accounts: tuple[Account, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.labels or self.campaigns or self.accounts)

    def runs(self, found: QuerySet[CampaignRun]) -> QuerySet[CampaignRun]:
        """Return those of the runs whose campaigns are chosen."""
        chosen = self._campaigns()
        return found if chosen is None else found.filter(campaign__in=chosen)

    def minutes(self, found: QuerySet[RunMinute]) -> QuerySet[RunMinute]:
        """Return those of the results by minute whose campaigns are chosen."""
        chosen = self._campaigns()
        return found if chosen is None else found.filter(run__campaign_run__campaign__in=chosen)

    def words(self) -> list[tuple[str, str]]:
        """Return what is chosen, for people to read: (what it is, its names)."""
        return [
            (words, ", ".join(names))
            for words, names in (
                (_("Label"), [label.name for label in self.labels]),
                (_("Campaign"), [campaign.name for campaign in self.campaigns]),
                (_("Account"), [account_words(account) for account in self.accounts]),
            )
            if names
        ]

    def as_data(self) -> dict[str, Any]:
        """Return what is chosen for JSON. The keys are a public interface."""
        return {
            "labels": [label.name for label in self.labels],
            "campaigns": [campaign.name for campaign in self.campaigns],
            "accounts": [account.uin for account in self.accounts],
        }

    def as_query(self) -> dict[str, list[int]]:
        """Return what is chosen as the address of the page has it."""
        parts = {"label": self.labels, "campaign": self.campaigns, "account": self.accounts}
        return {name: [row.pk for row in rows] for name, rows in parts.items() if rows}

    def _campaigns(self) -> QuerySet[Campaign] | None:
        """Return the chosen campaigns; None: all."""
        if not (self.labels or self.campaigns):
            return None
        found: QuerySet[Campaign] = Campaign.objects.all()
        if self.campaigns:
            found = found.filter(pk__in=[campaign.pk for campaign in self.campaigns])
        if self.labels:
            labelled = Campaign.labels.through.objects.filter(label__in=self.labels)
            found = found.filter(pk__in=labelled.values("campaign_id"))
        return found


def account_words(account: Account) -> str:
    """Return an account for people to read: its UIN, and its name if it has one."""
    return f"{account.uin} {account.name}".strip()


def in_order(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Return rows as a filter keeps them: by name, so that two readings are the same."""
    return tuple(sorted(rows, key=str))
