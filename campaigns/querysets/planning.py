"""The SQL of planning: a chunk of an audience becomes deliveries in one statement.

`INSERT ... SELECT` over the audience. For each person one look-up in `friend_current` (whose
friend is this UIN?) and one in the suppressions. The MATERIALIZED step makes sure that the look-up
of the account is done once a person, although three columns depend on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import (
    BigIntegerField,
    Case,
    Exists,
    ExpressionWrapper,
    F,
    FloatField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Greatest, Ln
from django.db.models.lookups import LessThan

from accounts.models import Account, Friend
from accounts.states import WORKING_STATES
from contacts.models import Contact, Suppression

#: A prime; shares are dealt in this many parts.
_PARTS = 1_000_003
#: Accounts without a gap are taken for this fast when the load is spread, seconds a message.
_FASTEST = 0.001
#: Strangers are spread over this many accounts at most, the fastest.
_MOST_FOR_STRANGERS = 200

_INSERT = """
WITH picked AS MATERIALIZED ({picked})
INSERT INTO campaigns_delivery
    (run_id, contact_id, uin, account_id, state, reason, attempt_count, last_res)
SELECT %s, id, uin,
       CASE WHEN is_suppressed THEN NULL ELSE picked_account END,
       CASE WHEN is_suppressed OR picked_account IS NULL THEN 'skipped' ELSE 'pending' END,
       CASE WHEN is_suppressed THEN 'suppressed'
            WHEN picked_account IS NOT NULL THEN ''
            WHEN has_friend THEN 'no_account'
            ELSE 'not_a_friend' END,
       0, ''
  FROM picked
"""

# Each person's friendships, account and lease are three look-ups by index. Left to itself
# PostgreSQL takes a table of a hundred accounts for too small for its index, and reads all of it
# once a person: two thirds of the time of planning. JIT would compile each chunk anew.
_LOOK_UP = (
    "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; "
    "SET LOCAL enable_mergejoin = off; SET LOCAL jit = off"
)

_COUNT = """
SELECT state, reason, COUNT(*) FROM campaigns_delivery
 WHERE run_id = %s AND contact_id > %s AND contact_id <= %s GROUP BY state, reason
"""


def insert_deliveries(
    *,
    run_id: int,
    people: QuerySet[Contact],
    after: int,
    through: int,
    list_ids: Sequence[int],
    campaign_id: int,
    has_chosen_accounts: bool,
    allows_strangers: bool,
) -> list[tuple[str, str, int]]:
    """Plan the people whose ids are above `after` and at most `through`.

    Returns:
        (state, reason, number) of what was planned.
    """
    picked = pick_accounts(
        run_id=run_id,
        people=people.filter(pk__gt=after, pk__lte=through),
        list_ids=list_ids,
        campaign_id=campaign_id,
        has_chosen_accounts=has_chosen_accounts,
        allows_strangers=allows_strangers,
    )
    sql, params = picked.query.sql_with_params()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_LOOK_UP)
        cursor.execute(_INSERT.format(picked=sql), [*params, run_id])
        cursor.execute(_COUNT, [run_id, after, through])
        return [(state, reason, n) for state, reason, n in cursor.fetchall()]


def pick_accounts(
    *,
    run_id: int,
    people: QuerySet[Contact],
    list_ids: Sequence[int],
    campaign_id: int,
    has_chosen_accounts: bool,
    allows_strangers: bool,
) -> QuerySet[Any, Any]:
    """Return who would write to each of `people`, and what stands against it.

    Returns:
        rows of (id, uin, picked_account, is_suppressed, has_friend), in no order.
    """
    able: dict[str, Any] = {"account__state__in": WORKING_STATES}
    chosen: dict[str, Any] = {"account__campaigns": campaign_id} if has_chosen_accounts else {}
    friends = Friend.objects.current().filter(uin=OuterRef("uin"), **chosen)
    account: Any = Subquery(
        friends.filter(**able)
        .annotate(turn=_turn(run_id))
        .order_by("turn")
        .values("account_id")[:1]
    )
    if allows_strangers:
        anybody = Account.objects.working()
        if has_chosen_accounts:
            anybody = anybody.filter(campaigns=campaign_id)
        stranger = _any_account(anybody, run_id)
        account = Coalesce(account, stranger, output_field=BigIntegerField())
    suppressions = Suppression.objects.filter(
        Q(contact_list=None) | Q(contact_list__in=list(list_ids)), uin=OuterRef("uin")
    )
    return (
        people.order_by()
        .annotate(
            picked_account=account, is_suppressed=Exists(suppressions), has_friend=Exists(friends)
        )
        .values_list("id", "uin", "picked_account", "is_suppressed", "has_friend")
    )


def _turn(run_id: int) -> Any:
    """Order the accounts that are a person's friends: the first of them is to write.

    Weighted rendezvous hashing: of the accounts a person is a friend of, each is first with a
    probability in proportion to its speed, independently for each person. So the load is spread by
    pace without anybody keeping count, and a plan made again is the same plan.
    """
    seed = F("uin") * Value(69_621) + F("account_id") * Value(1_140_671_485)
    return ExpressionWrapper(
        -Ln(_share(seed, run_id)) * _seconds_a_message("account__"), output_field=FloatField()
    )


def _any_account(accounts: QuerySet[Account], run_id: int) -> Any:
    """Choose an account for somebody who is nobody's friend, in proportion to their speeds."""
    speeds = [
        (pk, 1 / seconds)
        for pk, seconds in accounts.annotate(seconds=_seconds_a_message(""))
        .order_by("seconds", "pk")
        .values_list("pk", "seconds")[:_MOST_FOR_STRANGERS]
    ]
    if not speeds:
        return Value(None, output_field=BigIntegerField())
    share = _share(F("uin") * Value(69_621), run_id)
    whole = sum(speed for _pk, speed in speeds)
    branches, below = [], 0.0
    for pk, speed in speeds[:-1]:
        below += speed / whole
        branches.append(When(LessThan(share, Value(below)), then=Value(pk)))
    return Case(*branches, default=Value(speeds[-1][0]), output_field=BigIntegerField())


def _share(seed: Any, run_id: int) -> Any:
    """Return a number above 0 and at most 1 that depends on the seed, and looks like chance."""
    mixed: Any = ExpressionWrapper(
        seed + Value(run_id * 12_820_163 % 2**40), output_field=BigIntegerField()
    ) % Value(_PARTS)
    # Squared: a linear sequence would give the accounts of one person linked numbers.
    mixed = ExpressionWrapper(mixed * mixed, output_field=BigIntegerField()) % Value(_PARTS)
    return (Cast(mixed, FloatField()) + Value(1.0)) / Value(_PARTS + 1.0)


def _seconds_a_message(prefix: str) -> Any:
    """Return how long one message of an account takes: its slowest limit decides."""
    return Greatest(
        F(f"{prefix}min_interval"),
        Coalesce(F(f"{prefix}lease__learnt_interval"), Value(0.0)),
        *(
            Coalesce(Value(span) / Cast(F(f"{prefix}{limit}"), FloatField()), Value(0.0))
            for span, limit in ((60.0, "per_minute"), (3600.0, "per_hour"), (86400.0, "per_day"))
        ),
        Value(_FASTEST),
        output_field=FloatField(),
    )
