"""The services of account pools: create, change members, and which accounts are members now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Account, AccountPool
from foundation.archiving import refuse_archived
from foundation.find_named import find_named
from foundation.refusals import Refusal
from labels.models import Label


def find_pool(*, name: str) -> AccountPool:
    """Return the pool of that name.

    Raises:
        Refusal: there is none (`pool_unknown`).
    """
    missing = _("There is no pool “%(name)s”.")
    return find_named(AccountPool, name, missing=missing, code="pool_unknown")


def find_pools(*, names: Sequence[str]) -> list[AccountPool]:
    """Return the pools of these names, each once, for something new.

    Raises:
        Refusal: one of the names is unknown (`pool_unknown`), or archived (`archived`).
    """
    found: dict[int, AccountPool] = {}
    for name in names:
        pool = find_pool(name=name)
        refuse_archived(pool)
        found[pool.pk] = pool
    return list(found.values())


def create_pool(
    *, name: str, accounts: Sequence[Account] = (), labels: Sequence[Label] = (), by: Any = None
) -> AccountPool:
    """Create a pool.

    Args:
        name: a name that no other pool has.
        accounts: the accounts chosen one by one.
        labels: accounts with one of these labels are members too.
        by: the operator, for the history.

    Raises:
        Refusal: the name is taken or cannot be one.
    """
    pool: Any = AccountPool(name=name)
    pool.set_name()
    pool.refuse_twin()
    if by is not None:
        pool._history_user = by
    with transaction.atomic():
        pool.save()
        pool.accounts.set(accounts)
        pool.labels.set(labels)
    made: AccountPool = pool
    return made


def add_to_pool(
    *, pool: AccountPool, accounts: Sequence[Account] = (), labels: Sequence[Label] = ()
) -> None:
    """Add accounts and labels to a pool.

    Raises:
        Refusal: the pool is archived (`archived`).
    """
    refuse_archived(pool)
    with transaction.atomic():
        pool.accounts.add(*accounts)
        pool.labels.add(*labels)


def remove_from_pool(
    *, pool: AccountPool, accounts: Sequence[Account] = (), labels: Sequence[Label] = ()
) -> None:
    """Take accounts and labels out of a pool.

    Raises:
        Refusal: an account is not chosen one by one, and would stay a member by its label
            (`member_by_label`); nothing is changed.
    """
    by_hand = set(pool.accounts.values_list("pk", flat=True))
    others = [account for account in accounts if account.pk not in by_hand]
    remaining = pool.labels.exclude(pk__in=[label.pk for label in labels])
    bound = [one for one in others if one.labels.filter(pk__in=remaining.values("pk")).exists()]
    if bound:
        raise Refusal(
            _(
                "Account %(uin)s is in the pool because of its label: take the label off the "
                "account, or out of the pool."
            )
            % {"uin": bound[0].uin},
            code="member_by_label",
            uin=bound[0].uin,
        )
    with transaction.atomic():
        pool.accounts.remove(*accounts)
        pool.labels.remove(*labels)


def is_member(pool_ids: Iterable[int]) -> Q:
    """Return the condition that an account is in one of these pools now."""
    keys = list(pool_ids)
    by_hand = AccountPool.accounts.through.objects.filter(accountpool_id__in=keys)
    labels = AccountPool.labels.through.objects.filter(accountpool_id__in=keys)
    by_label = Account.labels.through.objects.filter(label_id__in=labels.values("label_id"))
    return Q(pk__in=by_hand.values("account_id")) | Q(pk__in=by_label.values("account_id"))


def members_of(pool: AccountPool) -> QuerySet[Account]:
    """Return the accounts that are in a pool now."""
    members: QuerySet[Account] = Account.objects.filter(is_member([pool.pk]))
    return members
