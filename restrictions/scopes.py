"""The rows of each table that a restriction leaves.

A table that is not here has no rows on pages. Only `_base_manager` is asked here: the other
managers are scoped by this table themselves (`restrictions.managers`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from accounts.models import (
    Account,
    AccountPool,
    AccountTask,
    Friend,
    FriendEvent,
    FriendLink,
    FriendRequest,
    InboundMessage,
    Profile,
)
from campaigns.models import (
    Campaign,
    CampaignRun,
    MessageTemplate,
    Rehearsal,
    SavedReport,
    Sequence,
    SequencePerson,
    TestRun,
)
from campaigns.states import ScheduleState
from contacts.models import (
    AttributeUse,
    Contact,
    ContactImport,
    ContactList,
    Membership,
    Segment,
    Suppression,
)
from conversations.models import CannedAnswer, Conversation, ReplyRule
from labels.models import Label
from restrictions.models import Restriction
from sending.models import Delivery, Run

Scope = Callable[[Restriction], Q]


def _rows(model: type[Model]) -> QuerySet[Any]:
    return model._base_manager.order_by()


def _labels(restriction: Restriction) -> QuerySet[Any]:
    return _through(Restriction, "labels").filter(restriction=restriction.pk).values("label")


def _pools(restriction: Restriction) -> QuerySet[Any]:
    return _through(Restriction, "pools").filter(restriction=restriction.pk).values("accountpool")


def accounts_of(restriction: Restriction) -> QuerySet[Any]:
    """Return the keys of the accounts that have one of the labels, or are in one of the pools."""
    labels, pools = _labels(restriction), _pools(restriction)
    own = Q(labels__in=labels) | Q(pools__in=pools) | Q(labels__pools__in=pools)
    return _rows(Account).filter(own).values("pk")


def _lists(restriction: Restriction) -> QuerySet[Any]:
    return _rows(ContactList).filter(labels__in=_labels(restriction)).values("pk")


def _campaigns(restriction: Restriction) -> QuerySet[Any]:
    """Return the campaigns that use nothing but what the restriction leaves.

    The user's own drafts need not be complete: whatever would start one is refused.
    """
    has_run = Exists(_rows(CampaignRun).filter(campaign=OuterRef("pk")))
    is_draft = Q(created_by=restriction.user_id, schedule_state=ScheduleState.OFF) & ~Q(has_run)
    return _within(restriction, Q(_is_complete()) | is_draft)


def complete_campaigns(restriction: Restriction) -> QuerySet[Any]:
    """Return those that have a list, and an account or a pool: others send by all accounts."""
    return _within(restriction, Q(_is_complete()))


def _is_complete() -> Any:
    return _has("lists") & (_has("accounts") | _has("pools"))


def _within(restriction: Restriction, condition: Q) -> QuerySet[Any]:
    """Return campaigns without segments, earlier people and other campaigns.

    Those reach over the whole installation.
    """
    lists, accounts = _lists(restriction), accounts_of(restriction)
    whole = _rows(Campaign).filter(earlier_people=[], excluded_earlier_people=[])
    return (
        whole.filter(condition)
        .exclude(_outside("lists", "contactlist", lists))
        .exclude(_outside("excluded_lists", "contactlist", lists))
        .exclude(_outside("accounts", "account", accounts))
        .exclude(_outside("pools", "accountpool", _pools(restriction)))
        .exclude(_has("segments") | _has("once_across"))
        .values("pk")
    )


def _has(relation: str, of: type[Model] = Campaign) -> Any:
    return Exists(_through(of, relation).filter(**_of_row(relation, of)))


def _outside(relation: str, column: str, inside: QuerySet[Any], of: type[Model] = Campaign) -> Any:
    rows = _through(of, relation).filter(**_of_row(relation, of))
    return Exists(rows.exclude(**{f"{column}__in": inside}))


def _through(model: type[Model], relation: str) -> QuerySet[Any]:
    field: Any = model._meta.get_field(relation)
    return _rows(field.remote_field.through)


def _of_row(relation: str, of: type[Model]) -> dict[str, Any]:
    field: Any = of._meta.get_field(relation)
    return {field.m2m_field_name(): OuterRef("pk")}


def _campaign_runs(restriction: Restriction) -> QuerySet[Any]:
    """Return the runs of the campaigns of the scope.

    Not those from before a campaign was narrowed to it: these wrote to people of other lists.
    """
    lists = _lists(restriction)
    return (
        _rows(CampaignRun)
        .filter(campaign__in=_campaigns(restriction), earlier_people=[], excluded_earlier_people=[])
        .exclude(
            _outside("lists", "contactlist", lists, CampaignRun) | _has("segments", CampaignRun)
        )
        .values("pk")
    )


def _contacts(restriction: Restriction) -> Q:
    member = _rows(Membership).filter(contact=OuterRef("pk"), contact_list__in=_lists(restriction))
    friend = _rows(Friend).filter(
        uin=OuterRef("uin"), ended_at=None, account__in=accounts_of(restriction)
    )
    return Q(Exists(member)) | Q(Exists(friend))


def _runs(restriction: Restriction) -> Q:
    """Return runs of campaigns and tests of the scope, and those that belong to no campaign.

    The latter are the open runs of answers and of single messages: one for the installation.
    """
    tests = _rows(TestRun).filter(campaign__in=_campaigns(restriction))
    own = (_campaign_runs(restriction), tests)
    is_own = [Exists(rows.filter(pk=OuterRef("pk"))) for rows in own]
    of_any = [Exists(_rows(model).filter(pk=OuterRef("pk"))) for model in (CampaignRun, TestRun)]
    return Q(is_own[0]) | Q(is_own[1]) | (~Q(of_any[0]) & ~Q(of_any[1]))


def _deliveries(restriction: Restriction) -> Q:
    # A delivery that waits for an account has none yet: then its run must be a campaign's.
    mine = Q(account__in=accounts_of(restriction))
    waits = Q(account=None, run__in=_campaign_runs(restriction))
    return waits | (mine & Q(run__in=_rows(Run).filter(_runs(restriction)).values("pk")))


def _of_account(restriction: Restriction) -> Q:
    return Q(account__in=accounts_of(restriction))


def _of_campaigns(restriction: Restriction) -> Q:
    return Q(campaign__in=_campaigns(restriction))


def _templates(restriction: Restriction) -> Q:
    return Q(pk__in=_rows(MessageTemplate).filter(labels__in=_labels(restriction)).values("pk"))


def _none(_restriction: Restriction) -> Q:
    return Q(pk__in=[])


SCOPES: dict[type[Model], Scope] = {
    Account: lambda one: Q(pk__in=accounts_of(one)),
    AccountPool: lambda one: Q(pk__in=_pools(one)),
    AccountTask: _of_account,
    AttributeUse: lambda one: Q(contact_list__in=_lists(one)),
    Campaign: lambda one: Q(pk__in=_campaigns(one)),
    CampaignRun: lambda one: Q(pk__in=_campaign_runs(one)),
    CannedAnswer: _none,
    Contact: _contacts,
    ContactImport: lambda one: Q(contact_list__in=_lists(one)),
    ContactList: lambda one: Q(pk__in=_lists(one)),
    Conversation: _of_account,
    Delivery: _deliveries,
    Friend: _of_account,
    FriendEvent: _of_account,
    FriendLink: _of_account,
    FriendRequest: _of_account,
    InboundMessage: _of_account,
    Label: lambda one: Q(pk__in=_labels(one)),
    Membership: lambda one: Q(contact_list__in=_lists(one)),
    MessageTemplate: _templates,
    Profile: _of_account,
    Rehearsal: _of_campaigns,
    ReplyRule: _none,
    Run: _runs,
    SavedReport: _none,
    Segment: _none,
    Sequence: _none,
    SequencePerson: _none,
    # One for all campaigns holds for ours too.
    Suppression: lambda one: Q(contact_list=None) | Q(contact_list__in=_lists(one)),
    TestRun: _of_campaigns,
}
