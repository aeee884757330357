"""The SQL of planning: a chunk of an audience becomes deliveries in one statement.

`INSERT ... SELECT` over the audience: people are joined to their friendships by index, and these to
accounts and leases. Of each person's accounts, the first in the hash order is picked. The preflight
counts the same picks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from campaigns.planning.choice_sql import WORKS, share_sql, weights_of
from campaigns.planning.order import RankedPeople
from campaigns.planning.people_sql import Chunk, sql_of_people
from campaigns.planning.picks_sql import picks_form
from campaigns.planning.recent_sql import recent_sql
from campaigns.planning.rules import PlanRules
from campaigns.planning.text_choice_sql import choice_sql
from sending.querysets.suppressed import is_suppressed_in
from sending.states import DeliveryState
from sending.webhook_events import last_delivery, tell_planned

# Strangers allowed: the account need not have the person as a friend.
_KEPT_IF_ABLE = """
(SELECT a.id FROM accounts_account a WHERE a.id = friendships.kept AND {works} AND {may_send})
"""
# What becomes of each person of a chunk.
_CHOSEN = """
SELECT id AS contact_id,
       CASE WHEN is_rest AND picked_account IS NOT NULL
                 AND NOT (is_suppressed OR over_limit <> '' OR is_held_out)
            THEN rank - 2147483648 ELSE rank END AS rank, uin,  -- negative, in the same order
       CASE WHEN is_suppressed OR over_limit <> '' OR is_held_out THEN NULL
            ELSE picked_account END AS account_id,
       CASE WHEN is_suppressed OR over_limit <> '' OR picked_account IS NULL OR is_held_out
            THEN 'skipped' ELSE 'pending' END AS state,
       CASE WHEN is_suppressed THEN 'suppressed'
            WHEN over_limit <> '' THEN over_limit
            WHEN picked_account IS NOT NULL AND is_held_out THEN 'holdout'
            WHEN picked_account IS NOT NULL THEN ''
            WHEN has_friend THEN 'no_account'
            ELSE 'not_a_friend' END AS reason,
       CASE WHEN is_suppressed OR over_limit <> '' OR picked_account IS NULL OR is_held_out THEN 0
            ELSE text_number END AS text_number
  FROM ({picks}) picks
"""
_INSERT = """
INSERT INTO sending_delivery
    (run_id, attempt_count, last_res, contact_id, rank, uin, account_id, state, reason, text_number)
SELECT %s, 0, '', contact_id, rank, uin, account_id, state, reason, text_number
  FROM ({chosen}) chosen
"""
# The audience and each person's friendships must be read by index. Tables that were just filled
# have no statistics yet, and PostgreSQL would then read all friendships for each chunk, or keep
# them all in memory and compare them with each person. JIT is off because it would compile the
# statement again for each chunk.
_FOR_A_CHUNK = (
    "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; "
    "SET LOCAL enable_mergejoin = off; SET LOCAL enable_bitmapscan = off; "
    "SET LOCAL enable_material = off; SET LOCAL jit = off; "
    "SET LOCAL work_mem = '32MB'; "  # a chunk is sorted in memory
    # A chunk lost in a crash is planned again, because its progress is lost with it. The commit
    # that starts the run waits for the disk, and so makes all chunks before it durable.
    "SET LOCAL synchronous_commit = off"
)

# PostgreSQL counts the rows while inserting them. SQLite does not allow INSERT in a CTE.
_COUNTED = """
WITH planned AS ({insert} RETURNING id, state, reason, contact_id)
SELECT state, reason, COUNT(*), MAX(contact_id), MIN(id) FROM planned GROUP BY state, reason
"""
_LAST = "SELECT COALESCE(MAX(id), 0) FROM sending_delivery"
# Most rows are pending, and these need not be grouped.
_COUNT_PENDING = "SELECT COUNT(*), SUM(state = 'pending'), MAX(contact_id) FROM {rows}"
_COUNT_OTHERS = """
SELECT state, reason, COUNT(*), MAX(contact_id) FROM {rows}
 WHERE state <> 'pending' GROUP BY state, reason
"""
_NEW_ROWS = """
(SELECT state, reason, contact_id FROM sending_delivery WHERE id > %s AND run_id = %s)
"""


@dataclass(frozen=True, slots=True)
class Picks:
    """A query with the account picked for each person of an audience, and why it may not send.

    Attributes:
        sql: selects (id, uin, rank, friend, picked_account, is_suppressed, has_friend, kept,
            over_limit, text_number, is_held_out, is_rest), one row per person. `friend`: the pick
            among the accounts that have the person as a friend; `kept`: who wrote to them last;
            `over_limit`: the reason to skip them because of a limit, or ""; `text_number`: the text
            they would get; `is_held_out`: whether they get nothing although they could;
            `is_rest`: whether they belong to the rest, which gets the variant that is chosen.
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
        through: a contact id up to which all people were planned; the highest one of a chunk is its
            last.
    """

    state: str
    reason: str
    deliveries: int
    through: int


@dataclass(frozen=True, slots=True)
class Insert:
    """The statement that plans people of a run.

    Attributes:
        run_id: the run.
        chosen: the SQL of what becomes of each person: contact_id, rank, uin, account_id, state,
            reason, text_number.
        chosen_params: its parameters.
    """

    run_id: int
    chosen: str
    chosen_params: tuple[Any, ...]

    @property
    def sql(self) -> str:
        """The statement that inserts their deliveries."""
        return _INSERT.format(chosen=self.chosen)

    @property
    def params(self) -> tuple[Any, ...]:
        """The parameters of `sql`."""
        return (self.run_id, *self.chosen_params)

    def instead(self, old: object, new: object) -> Insert:
        """Return the same statement with another value of a parameter."""
        params = tuple(new if value == old else value for value in self.chosen_params)
        return Insert(self.run_id, self.chosen, params)


def insert_deliveries(*, rules: PlanRules, people: Chunk | RankedPeople) -> list[Planned]:
    """Plan people in one statement.

    Args:
        rules: the run's rules.
        people: the people.

    Returns:
        the number of new deliveries by state and reason; empty when there is none.
    """
    insert = insert_of(rules=rules, people=people)
    last_before = last_delivery()
    if connection.vendor == "postgresql":
        planned, _first = insert_counted(insert)
    else:
        with connection.cursor() as cursor:
            cursor.execute(_LAST)
            last = cursor.fetchone()[0]
            cursor.execute(insert.sql, insert.params)
            planned = count_rows(cursor, _NEW_ROWS, [last, insert.run_id])
    tell_planned(run_id=insert.run_id, after=last_before)
    return planned


def insert_of(*, rules: PlanRules, people: Chunk | RankedPeople) -> Insert:
    """Return the statement that plans people."""
    picks = pick_accounts(rules=rules, people=people)
    return Insert(rules.run_id, _CHOSEN.format(picks=picks.sql), picks.params)


def insert_counted(insert: Insert) -> tuple[list[Planned], int]:
    """Plan people by a statement of PostgreSQL, in the caller's transaction.

    Returns:
        the number of new deliveries by state and reason, and the key of the first one; 0 if none.
    """
    with connection.cursor() as cursor:
        prepare_for_chunk(cursor)
        cursor.execute(_COUNTED.format(insert=insert.sql), insert.params)
        rows = cursor.fetchall()
    return [Planned(*row[:-1]) for row in rows], min((row[-1] for row in rows), default=0)


def count_rows(cursor: CursorWrapper, rows: str, params: Sequence[int] = ()) -> list[Planned]:
    """Return the number of SQLite's rows with the same state and reason.

    Args:
        cursor: the cursor.
        rows: a table or a query in parentheses, with the columns state, reason and contact_id.
        params: its parameters.
    """
    cursor.execute(_COUNT_PENDING.format(rows=rows), params)
    count, pending, through = cursor.fetchone() or (0, 0, 0)
    if not count:
        return []
    planned = [Planned(DeliveryState.PENDING, "", pending, through)] if pending else []
    if count > pending:
        cursor.execute(_COUNT_OTHERS.format(rows=rows), params)
        planned += [Planned(*row) for row in cursor.fetchall()]
    return planned


def prepare_for_chunk(cursor: CursorWrapper) -> None:
    """Make PostgreSQL read a chunk's people by index, until the end of the transaction."""
    if connection.vendor == "postgresql":
        cursor.execute(_FOR_A_CHUNK)


@contextmanager
def reading_chunks() -> Iterator[None]:
    """Let chunks be read as planning reads them, without planning.

    Without it PostgreSQL merges a list with all contacts from the first one on. SQLite needs
    nothing, and a transaction there would wait for its writer.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        prepare_for_chunk(cursor)
        yield


def pick_accounts(*, rules: PlanRules, people: Chunk | RankedPeople) -> Picks:
    """Return the query that picks an account for each of `people`."""
    texts = choice_sql(rules.texts)
    people_sql, people_params = sql_of_people(people, columns=texts.languages)
    recent = recent_sql(rules=rules, people=people_sql, columns=list(texts.languages))
    run = rules.run_id * 12_820_163 % 2**40
    account, strangers = "account_id", ()
    if rules.allows_strangers:
        account, strangers = _account_or_any(rules)
    lists = ", ".join(["%s"] * len(rules.list_ids)) or "NULL"
    sql = picks_form(rules, run=run).format(
        parts=recent.parts,
        text_number=texts.text_number,
        held_out=texts.is_held_out,
        # What waits for a person to be online waits as the rest of a test does.
        rest="TRUE" if rules.waits_online else texts.is_rest,
        people=recent.people,
        suppressed=is_suppressed_in(uin="p.uin", lists=lists),
        kept=recent.kept,
        over_limit=recent.over_limit,
        # Only strangers are spread by it.
        chance=share_sql(f"p.uin * 69621 + {run}") if rules.allows_strangers else "0",
        account=account,
    )
    first = (*people_params, *recent.parts_params)
    choosing = (*rules.list_ids, *recent.limit_params, *texts.text_params)
    # Without parts, the people come last: their SQL stands in the FROM of their own table.
    params = (*first, *choosing) if recent.parts else (*choosing, *first)
    return Picks(sql, (*params, *strangers))


def picked(*, picks: Picks) -> list[tuple[int, int]]:
    """Return (contact, account) of the people for whom an account was found."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, picked_account FROM ({picks.sql}) picks "  # noqa: S608 -- our own SQL
            "WHERE picked_account IS NOT NULL",
            picks.params,
        )
        return list(cursor.fetchall())


def _account_or_any(rules: PlanRules) -> tuple[str, tuple[Any, ...]]:
    """Return the SQL, with its parameters, that also chooses an account for strangers.

    Each account gets a part of the strangers in proportion to its speed, or of those of its group,
    which gets a part by its share. The account that wrote to a person last comes before all others.
    """
    kept = "account_id"
    if rules.keeps_senders:
        able = _KEPT_IF_ABLE.format(works=WORKS, may_send=rules.senders.may_send("a.id"))
        kept = f"{able}, account_id"
    weights = sorted(weights_of(rules.senders).items())
    if not weights:
        return "account_id", ()
    whole = sum(weight for _account_id, weight in weights)
    below = 0.0
    branches: list[Any] = []
    for account_id, weight in weights[:-1]:
        below += weight / whole
        branches += [below, account_id]
    cases = "WHEN chance < %s THEN %s " * (len(weights) - 1)
    # The first case is never true. It is there because ELSE needs at least one case.
    anybody = f"CASE WHEN chance < 0 THEN 0 {cases}ELSE %s END"
    return f"COALESCE({kept}, {anybody})", (*branches, weights[-1][0])
