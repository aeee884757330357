"""The rows of each model that a restriction leaves. A model that is not here has none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from accounts.models import Account, AccountPool, Friend
from campaigns.models import Campaign, CampaignRun
from contacts.models import Contact, ContactList, Membership
from restrictions.models import Restriction
from sending.models import Delivery, Run

Scope = Callable[[Restriction], Q]


def _accounts(restriction: Restriction) -> QuerySet[Any]:
    labels, pools = restriction.labels.values("pk"), restriction.pools.values("pk")
    own = Q(labels__in=labels) | Q(pools__in=pools) | Q(labels__pools__in=pools)
    return Account.objects.filter(own).order_by().values("pk")


def _lists(restriction: Restriction) -> QuerySet[Any]:
    labels = restriction.labels.values("pk")
    return ContactList.objects.filter(labels__in=labels).order_by().values("pk")


def _campaigns(restriction: Restriction) -> QuerySet[Any]:
    """Return the campaigns that use nothing but what the restriction leaves, and at least a list.

    One without accounts and pools sends by all accounts. Segments, earlier people and other
    campaigns reach over the whole installation.
    """
    lists, accounts = _lists(restriction), _accounts(restriction)
    pools = restriction.pools.values("pk")
    whole = Campaign.objects.filter(earlier_people=[], excluded_earlier_people=[])
    return (
        whole.filter(_has("lists"), _has("accounts") | _has("pools"))
        .exclude(_outside("lists", "contactlist", lists))
        .exclude(_outside("excluded_lists", "contactlist", lists))
        .exclude(_outside("accounts", "account", accounts))
        .exclude(_outside("pools", "accountpool", pools))
        .exclude(_has("segments") | _has("once_across"))
        .order_by()
        .values("pk")
    )


def _has(relation: str) -> Any:
    return Exists(_through(relation).filter(**_of_campaign(relation)))


def _outside(relation: str, column: str, inside: QuerySet[Any]) -> Any:
    rows = _through(relation).filter(**_of_campaign(relation))
    return Exists(rows.exclude(**{f"{column}__in": inside}))


def _through(relation: str) -> Any:
    return Campaign._meta.get_field(relation).remote_field.through._default_manager  # type: ignore[union-attr]


def _of_campaign(relation: str) -> dict[str, Any]:
    field: Any = Campaign._meta.get_field(relation)
    return {field.m2m_field_name(): OuterRef("pk")}


def _contacts(restriction: Restriction) -> Q:
    member = Membership.objects.filter(contact=OuterRef("pk"), contact_list__in=_lists(restriction))
    friend = Friend.objects.filter(
        uin=OuterRef("uin"), ended_at=None, account__in=_accounts(restriction)
    )
    return Q(Exists(member)) | Q(Exists(friend))


def _runs(restriction: Restriction) -> QuerySet[Any]:
    return CampaignRun.objects.filter(campaign__in=_campaigns(restriction)).values("pk")


def _deliveries(restriction: Restriction) -> Q:
    # A delivery that waits for an account has none yet.
    mine = Q(account__in=_accounts(restriction)) | Q(account=None)
    return Q(run__in=_runs(restriction)) & mine


SCOPES: dict[type[Model], Scope] = {
    Account: lambda one: Q(pk__in=_accounts(one)),
    AccountPool: lambda one: Q(pk__in=one.pools.values("pk")),
    Campaign: lambda one: Q(pk__in=_campaigns(one)),
    Contact: _contacts,
    ContactList: lambda one: Q(pk__in=_lists(one)),
    Delivery: _deliveries,
    Run: lambda one: Q(pk__in=_runs(one)),
}
