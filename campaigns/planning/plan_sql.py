"""The SQL of planning: a chunk of an audience becomes deliveries in one statement.

`INSERT ... SELECT` over the audience: people are joined to their friendships by index, and these to
accounts and leases. Of each person's accounts, the first in the hash order is picked. The preflight
counts the same picks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.states import WORKING_STATES
from contacts.models import Contact, Suppression
from foundation.queries import sql_of

#: A prime: hashes are taken modulo this number.
_PARTS = 1_000_003
#: Seconds per message assumed for accounts without a minimum gap when the load is spread.
_FASTEST = 0.001
#: Strangers are spread over at most this many accounts, the fastest ones.
_MOST_FOR_STRANGERS = 200

# MATERIALIZED, so that the audience is evaluated once, and before any friendship is looked up,
# whatever the conditions of its segments are. Of a person's rows, the first is the pick. A person
# without friendships has one row without an account.
_PICKS = """
WITH people AS MATERIALIZED ({people}),
friendships AS (
    SELECT p.id, p.uin, p.is_suppressed, a.id AS account_id,
           f.account_id IS NOT NULL AS has_friend, {chance} AS chance,
           ROW_NUMBER() OVER (PARTITION BY p.id ORDER BY a.id IS NULL, {turn}, a.id) AS place
      FROM people p
      LEFT JOIN accounts_friend f ON f.uin = p.uin AND f.ended_at IS NULL AND {may_send}
      LEFT JOIN {speed_of_friend}
)
SELECT id, uin, {account} AS picked_account, is_suppressed, has_friend
  FROM friendships WHERE place = 1
"""
_CHOSEN = "{account} IN (SELECT account_id FROM campaigns_campaign_accounts WHERE campaign_id = %s)"
_WORKS = "a.state IN ({})".format(", ".join(f"'{state.value}'" for state in WORKING_STATES))

_SECONDS = f"""
{{greatest}}(a.min_interval, COALESCE(l.learnt_interval, 0),
    COALESCE(60 / CAST(a.per_minute AS double precision), 0),
    COALESCE(3600 / CAST(a.per_hour AS double precision), 0),
    COALESCE(86400 / CAST(a.per_day AS double precision), 0), {_FASTEST})
"""

# PostgreSQL caches an account's speed between friends (Memoize). For a join of two tables, it does
# so only if the join is a subquery of its own, which OFFSET 0 makes it.
_SPEED_OF_FRIEND = {
    "postgresql": """LATERAL (
          SELECT a.id, {seconds} AS seconds
            FROM accounts_account a LEFT JOIN accounts_lease l ON l.account_id = a.id
           WHERE a.id = f.account_id AND {works} OFFSET 0) a ON TRUE
""",
    "sqlite": """(
          SELECT a.id, {seconds} AS seconds
            FROM accounts_account a LEFT JOIN accounts_lease l ON l.account_id = a.id
           WHERE {works}) a ON a.id = f.account_id
""",
}

_SPEEDS = """
SELECT a.id, {seconds} FROM accounts_account a
  LEFT JOIN accounts_lease l ON l.account_id = a.id
 WHERE {works} AND {may_send} ORDER BY 2, 1 LIMIT %s
"""

_INSERT = """
INSERT INTO sending_delivery
    (run_id, contact_id, uin, account_id, state, reason, attempt_count, last_res)
SELECT %s, id, uin,
       CASE WHEN is_suppressed THEN NULL ELSE picked_account END,
       CASE WHEN is_suppressed OR picked_account IS NULL THEN 'skipped' ELSE 'pending' END,
       CASE WHEN is_suppressed THEN 'suppressed'
            WHEN picked_account IS NOT NULL THEN ''
            WHEN has_friend THEN 'no_account'
            ELSE 'not_a_friend' END,
       0, ''
  FROM ({picks}) picks
"""

# The audience and each person's friendships must be read by index. Tables that were just filled
# have no statistics yet, and PostgreSQL would then read all friendships for each chunk. JIT is off
# because it would compile the statement again for each chunk.
_FOR_A_CHUNK = (
    "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; "
    "SET LOCAL enable_mergejoin = off; SET LOCAL jit = off; "
    # A chunk lost in a crash is planned again, because its progress is lost with it. The commit
    # that starts the run waits for the disk, and so makes all chunks before it durable.
    "SET LOCAL synchronous_commit = off"
)

# PostgreSQL counts the rows while inserting them. SQLite does not allow INSERT in a CTE.
_COUNTED = """
WITH planned AS ({insert} RETURNING state, reason, contact_id)
SELECT state, reason, COUNT(*), MAX(contact_id) FROM planned GROUP BY state, reason
"""
_COUNT = """
SELECT state, reason, COUNT(*), MAX(contact_id) FROM sending_delivery
 WHERE run_id = %s AND contact_id > %s GROUP BY state, reason
"""


@dataclass(frozen=True, slots=True)
class Picks:
    """A query with the account picked for each person of an audience, and why it may not send.

    Attributes:
        sql: selects (id, uin, picked_account, is_suppressed, has_friend), one row per person.
        params: its parameters.
    """

    sql: str
    params: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """The number of deliveries in a chunk with the same state and reason.

    Attributes:
        state: their state.
        reason: why they are skipped, or "".
        deliveries: their number.
        through: the highest contact id among them.
    """

    state: str
    reason: str
    deliveries: int
    through: int


def insert_deliveries(
    *,
    run_id: int,
    people: QuerySet[Contact],
    after: int,
    most: int,
    list_ids: Sequence[int],
    campaign_id: int,
    has_chosen_accounts: bool,
    allows_strangers: bool,
) -> list[Planned]:
    """Plan the next people, at most `most`, with contact ids above `after`.

    Returns:
        the number of deliveries by state and reason; empty when the audience is complete.
    """
    picks = pick_accounts(
        run_id=run_id,
        people=people.filter(pk__gt=after).order_by("pk")[:most],
        list_ids=list_ids,
        campaign_id=campaign_id,
        has_chosen_accounts=has_chosen_accounts,
        allows_strangers=allows_strangers,
    )
    insert = _INSERT.format(picks=picks.sql)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_FOR_A_CHUNK)
            cursor.execute(_COUNTED.format(insert=insert), [run_id, *picks.params])
        else:
            cursor.execute(insert, [run_id, *picks.params])
            cursor.execute(_COUNT, [run_id, after])
        return [Planned(*row) for row in cursor.fetchall()]


def pick_accounts(
    *,
    run_id: int,
    people: QuerySet[Contact],
    list_ids: Sequence[int],
    campaign_id: int,
    has_chosen_accounts: bool,
    allows_strangers: bool,
) -> Picks:
    """Return the query that picks an account for each of `people`."""
    suppressions = Suppression.objects.in_force().filter(
        Q(contact_list=None) | Q(contact_list__in=list(list_ids)), uin=OuterRef("uin")
    )
    audience = people.annotate(is_suppressed=Exists(suppressions))
    people_sql, people_params = sql_of(audience.values_list("id", "uin", "is_suppressed"))
    run = run_id * 12_820_163 % 2**40
    may_send, chosen = (_CHOSEN, (campaign_id,)) if has_chosen_accounts else ("TRUE", ())
    account, strangers = "account_id", ()
    if allows_strangers:
        account, strangers = _account_or_any(may_send=may_send, chosen=chosen)
    # Weighted rendezvous hashing: each account of which a person is a friend comes first with a
    # probability proportional to its speed, independently for each person. So the load is spread by
    # pace without counters, and planning the same run again gives the same plan.
    seconds, speed = _seconds(), _SPEED_OF_FRIEND[connection.vendor]
    friendship = _share(f"p.uin * 69621 + f.account_id * 1140671485 + {run}")
    sql = _PICKS.format(
        people=people_sql,
        chance=_share(f"p.uin * 69621 + {run}"),
        turn=f"-LN({friendship}) * a.seconds",
        may_send=may_send.format(account="f.account_id"),
        speed_of_friend=speed.format(seconds=seconds, works=_WORKS),
        account=account,
    )
    return Picks(sql, (*people_params, *chosen, *strangers))


def _account_or_any(*, may_send: str, chosen: tuple[int, ...]) -> tuple[str, tuple[Any, ...]]:
    """Return the SQL, with its parameters, that also chooses an account for strangers.

    Each account gets a share of the strangers in proportion to its speed.
    """
    sql = _SPEEDS.format(seconds=_seconds(), works=_WORKS, may_send=may_send.format(account="a.id"))
    with connection.cursor() as cursor:
        cursor.execute(sql, [*chosen, _MOST_FOR_STRANGERS])
        speeds = [(account_id, 1 / seconds) for account_id, seconds in cursor.fetchall()]
    if not speeds:
        return "account_id", ()
    whole = sum(speed for _account_id, speed in speeds)
    below = 0.0
    branches: list[Any] = []
    for account_id, speed in speeds[:-1]:
        below += speed / whole
        branches += [below, account_id]
    cases = "WHEN chance < %s THEN %s " * (len(speeds) - 1)
    # The first case is never true. It is there because ELSE needs at least one case.
    anybody = f"CASE WHEN chance < 0 THEN 0 {cases}ELSE %s END"
    return f"COALESCE(account_id, {anybody})", (*branches, speeds[-1][0])


def _share(seed: str) -> str:
    """Return the SQL of a pseudo-random number above 0 and at most 1, derived from the seed.

    The seed is squared, because a linear function would correlate the accounts of one person.
    """
    part = f"(({seed}) %% {_PARTS})"
    squared = f"CAST({part} * {part} %% {_PARTS} AS double precision)"
    return f"(({squared} + 1) / {_PARTS + 1})"


def _seconds() -> str:
    """Return the SQL of the seconds per message of an account. Its slowest limit decides."""
    return _SECONDS.format(greatest="GREATEST" if connection.vendor == "postgresql" else "MAX")
