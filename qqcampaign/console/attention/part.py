"""What a restricted operator is told: about rows of their part, with links to open pages."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.db.models import Model, QuerySet
from django.urls import resolve, reverse

from foundation.restricted import asking, is_restricted, may_open
from qqcampaign.console.attention.item import AttentionItem


def in_part(rows: QuerySet[Any], *, of: type[Model], by: str) -> QuerySet[Any]:
    """Return the rows that belong to a row the operator sees; all of them without a restriction.

    Args:
        rows: of a table that no restriction scopes by itself.
        of: the table that is scoped, such as campaigns.
        by: the column by which they belong to it.
    """
    if not is_restricted(asking()):
        return rows
    seen = of._default_manager.order_by().values("pk")
    return rows.filter(**{f"{by}__in": seen})


def runs_address(query: str = "") -> str:
    """Return the list of runs, or of campaigns for whom the former is closed."""
    if may_open(asking(), "campaigns_campaignrun_changelist"):
        return reverse("admin:campaigns_campaignrun_changelist") + query
    return reverse("admin:campaigns_campaign_changelist")


def friends_address(account_id: int) -> str:
    """Return the friends that an account lost; restricted operators cannot ask for one account."""
    address = reverse("admin:accounts_friend_changelist")
    if is_restricted(asking()):
        return address
    return f"{address}?account__id__exact={account_id}&ended_at__isempty=0"


def with_open_pages(items: list[AttentionItem], user: Any) -> list[AttentionItem]:
    """Return the items whose pages are open to an operator."""
    if not is_restricted(user):
        return items
    return [one for one in items if may_open(user, _page_of(one.address))]


def _page_of(address: str) -> str:
    return resolve(urlsplit(address).path).url_name or ""
