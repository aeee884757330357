"""How a chunk is chosen and written: two forms, because SQLite has one writer.

PostgreSQL chooses and inserts in one statement, in a transaction that ends when it is the chunk's
turn to be written. So two connections can choose, insert and have keys checked at the same time.

SQLite chooses into a temporary table, which needs no lock on the database, and inserts from there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import Protocol

from django.db import connection, transaction

from campaigns.planning.plan_sql import Insert, Planned, count_rows, insert_counted
from sending.webhook_events import last_delivery, tell_planned

#: The first half of the keys of the locks on chunks. `sending.ledger` has another one.
_CHUNKS = 5_152
# The second half is a hash. Two chunks with the same one would only wait for each other.
_LOCK = "SELECT pg_advisory_xact_lock(%s, hashint8(%s::bigint << 40 # %s))"
# All keys but that of the run, which the transaction locks when it writes.
_KEYS = """
SELECT coalesce(string_agg(quote_ident(conname), ', '), '') FROM pg_constraint
 WHERE conrelid = 'sending_delivery'::regclass AND contype = 'f'
   AND confrelid <> 'sending_run'::regclass
"""

_TEMPORARY = """
CREATE TEMPORARY TABLE IF NOT EXISTS planned_ahead (
    contact_id INTEGER PRIMARY KEY, rank INTEGER, uin INTEGER, account_id INTEGER, state TEXT,
    reason TEXT, text_number INTEGER)
"""
_CHOOSE = "INSERT INTO temp.planned_ahead {chosen}"
# Each person is looked up: who was erased since the choice is not planned.
_WRITE = """
INSERT INTO sending_delivery
    (run_id, attempt_count, last_res, contact_id, rank, uin, account_id, state, reason, text_number)
SELECT %s, 0, '', p.id, c.rank, c.uin, c.account_id, c.state, c.reason, c.text_number
  FROM temp.planned_ahead c CROSS JOIN contacts_contact p ON p.id = c.contact_id
 ORDER BY c.contact_id
"""
_IS_ACCOUNT_GONE = """
SELECT EXISTS (SELECT 1 FROM temp.planned_ahead
                WHERE account_id IS NOT NULL
                  AND account_id NOT IN (SELECT id FROM accounts_account))
"""


class Outdated(Exception):
    """A chunk refers to somebody who is gone since it was chosen."""


class Form(Protocol):
    """A way to plan a chunk."""

    #: After so many chunks, the next one is chosen only when all before it are written; 0: never.
    pause_every: int

    def whole(self) -> AbstractContextManager[object]:
        """Return the context of a chunk, from its choice to its end."""

    def choose(self, insert: Insert, *, behind: int) -> list[Planned]:
        """Choose the accounts of a chunk; return the number of its deliveries by state."""

    def settle(self, *, run_id: int, previous: int | None) -> None:
        """Do what can be done before the chunk that begins behind `previous` is written."""

    def writing(self) -> AbstractContextManager[object]:
        """Return the context of what is written together."""

    def write(self, insert: Insert, planned: list[Planned]) -> None:
        """Write the deliveries, if they are not yet.

        Raises:
            Outdated: the chunk must be chosen again.
        """


def form_of_database() -> Form:
    """Return the form of the database, for one thread."""
    return _Inserted() if connection.vendor == "postgresql" else _ChosenBefore()


class _Inserted:
    """PostgreSQL's form."""

    pause_every = 0

    def __init__(self) -> None:
        self._first = 0

    def whole(self) -> AbstractContextManager[object]:
        return transaction.atomic()

    def choose(self, insert: Insert, *, behind: int) -> list[Planned]:
        with connection.cursor() as cursor:
            # Another process that plans the same chunk waits here, and not at each of its rows.
            cursor.execute(_LOCK, [_CHUNKS, insert.run_id, behind])
        planned, self._first = insert_counted(insert)
        return planned

    def settle(self, *, run_id: int, previous: int | None) -> None:
        with connection.cursor() as cursor:
            if keys := _keys():
                cursor.execute(f"SET CONSTRAINTS {keys} IMMEDIATE")
            if previous is not None:
                # The wait for the chunk before is the database's: it sees a deadlock, and does not
                # take this transaction for a forgotten one.
                cursor.execute(_LOCK, [_CHUNKS, run_id, previous])

    def writing(self) -> AbstractContextManager[object]:
        return nullcontext()

    def write(self, insert: Insert, planned: list[Planned]) -> None:
        tell_planned(run_id=insert.run_id, after=self._first - 1)


@cache
def _keys() -> str:
    with connection.cursor() as cursor:
        cursor.execute(_KEYS)
        return str(cursor.fetchone()[0])


class _ChosenBefore:
    """SQLite's form."""

    #: The log of the database can be begun anew only while nobody reads from it, and most commits
    #: have a choice beside them. So it grows by this many chunks at most.
    pause_every = 16

    @contextmanager
    def whole(self) -> Iterator[None]:
        yield

    def choose(self, insert: Insert, *, behind: int) -> list[Planned]:
        with connection.cursor() as cursor:
            cursor.execute(_TEMPORARY)
            cursor.execute("DELETE FROM temp.planned_ahead")
            cursor.execute(_CHOOSE.format(chosen=insert.chosen), insert.chosen_params)
            return count_rows(cursor, "temp.planned_ahead")

    def settle(self, *, run_id: int, previous: int | None) -> None:
        """Do nothing: only the writer may write."""

    def writing(self) -> AbstractContextManager[object]:
        return transaction.atomic()

    def write(self, insert: Insert, planned: list[Planned]) -> None:
        last_before = last_delivery()
        with connection.cursor() as cursor:
            cursor.execute(_IS_ACCOUNT_GONE)
            if cursor.fetchone()[0]:
                raise Outdated
            cursor.execute(_WRITE, [insert.run_id])
            if cursor.rowcount != sum(part.deliveries for part in planned):
                raise Outdated
        tell_planned(run_id=insert.run_id, after=last_before)
