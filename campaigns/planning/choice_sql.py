"""The SQL of choosing an account for a person: by the shares of pools, and by speed.

Weighted rendezvous hashing: each choice gets a pseudo-random number of its own for the person, and
comes first with a probability proportional to its weight. So no counters are needed, planning again
gives the same plan, and a choice that is added or removed moves only the people it gains or loses.
"""

from __future__ import annotations

from django.db import connection

from accounts.states import WORKING_STATES
from campaigns.planning.senders import Senders

#: A prime: hashes are taken modulo this number.
_PARTS = 1_000_003
#: Seconds per message assumed for accounts without a minimum gap when the load is spread.
_FASTEST = 0.001
#: Strangers are spread over at most this many accounts, the fastest ones.
_MOST_FOR_STRANGERS = 200

# One row for each group of senders that the account belongs to: the group is chosen first, by the
# shares, and then the account within it, by pace.
_GROUPS = """
      LEFT JOIN ({rows}) g ON a.id IS NOT NULL AND CASE g.key {cases} END
"""
WORKS = "a.state IN ({})".format(", ".join(f"'{state.value}'" for state in WORKING_STATES))

_SECONDS = f"""
{{greatest}}(a.min_interval, COALESCE(l.learnt_interval, 0),
    COALESCE(60 / CAST(a.per_minute AS double precision), 0),
    COALESCE(3600 / CAST(a.per_hour AS double precision), 0),
    COALESCE(86400 / CAST(a.per_day AS double precision), 0),
    COALESCE(86400 / CAST(a.warm_up_limit AS double precision), 0), {_FASTEST})
"""

_SPEEDS = """
SELECT a.id, {seconds} FROM accounts_account a
  LEFT JOIN accounts_lease l ON l.account_id = a.id
 WHERE {works} AND {may_send} ORDER BY 2, 1 LIMIT %s
"""


def groups_sql(senders: Senders) -> str:
    """Return the SQL that joins the groups of senders to accounts; "" without shares."""
    if not senders.shares:
        return ""
    rows = " UNION ALL ".join(
        # A bigint: the key is multiplied by a number that only the key 1 leaves within an integer.
        f"SELECT CAST({group.key} AS bigint) AS key, "
        f"CAST({group.share!r} AS double precision) AS share"
        for group in senders.shares
    )
    cases = " ".join(
        f"WHEN {group.key} THEN {senders.belongs('a.id', group.key)}" for group in senders.shares
    )
    return _GROUPS.format(rows=rows, cases=cases)


def group_turn_sql(senders: Senders, *, run: int, g: str) -> str:
    """Return the SQL by which the group of senders is chosen for a person; "" without shares.

    Weighted rendezvous hashing, as for the accounts, with multipliers of its own: which group a
    person gets says nothing about which account within it.

    Args:
        senders: the senders.
        run: the number that seeds the choice.
        g: the alias of the table with the groups.
    """
    if not senders.shares:
        return ""
    return f"-LN({share_sql(f'p.uin * 48271 + {g}.key * 1597334677 + {run}')}) / {g}.share"


def weights_of(senders: Senders) -> dict[int, float]:
    """Return the fastest working accounts with the weight of each among strangers."""
    if not senders.shares:
        return _speeds(senders.may_send("a.id"), most=_MOST_FOR_STRANGERS)
    weights: dict[int, float] = {}
    most = max(1, _MOST_FOR_STRANGERS // len(senders.shares))
    for group in senders.shares:
        speeds = _speeds(senders.belongs("a.id", group.key), most=most)
        whole = sum(speeds.values())
        for account_id, speed in speeds.items():
            weights[account_id] = weights.get(account_id, 0.0) + group.share * speed / whole
    return weights


def _speeds(may_send: str, *, most: int) -> dict[int, float]:
    """Return the messages per second of the fastest working accounts that meet a condition."""
    sql = _SPEEDS.format(seconds=seconds_sql(), works=WORKS, may_send=may_send)
    with connection.cursor() as cursor:
        cursor.execute(sql, [most])
        return {account_id: 1 / seconds for account_id, seconds in cursor.fetchall()}


def share_sql(seed: str) -> str:
    """Return the SQL of a pseudo-random number above 0 and at most 1, derived from the seed.

    The seed is squared, because a linear function would correlate the accounts of one person.
    """
    part = f"(({seed}) %% {_PARTS})"
    squared = f"CAST({part} * {part} %% {_PARTS} AS double precision)"
    return f"(({squared} + 1) / {_PARTS + 1})"


def seconds_sql() -> str:
    """Return the SQL of the seconds per message of an account. Its slowest limit decides."""
    return _SECONDS.format(greatest="GREATEST" if connection.vendor == "postgresql" else "MAX")
