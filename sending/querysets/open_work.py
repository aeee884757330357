"""Whether a run has open deliveries, and of which accounts, however many deliveries it has.

No index finds the open deliveries of a run alone: a run of ten million that is over would be read
to its end, twice. For each account they are one look-up in `delivery_next` and one in
`delivery_in_flight`. A scalar subquery with LIMIT 1 is not turned into a join with all deliveries.
"""

from __future__ import annotations

from django.db import connection

_ONE = "(SELECT 1 FROM sending_delivery d WHERE d.{account} AND d.run_id = %s AND {state} LIMIT 1)"
_PENDING = "d.state = 'pending'"
_PENDING_OF = f"{_ONE.format(account='account_id = a.id', state=_PENDING)} IS NOT NULL"
_IN_FLIGHT_OF = (
    _ONE.format(account="account_id = a.id", state="d.state = 'sending'") + " IS NOT NULL"
)
_WITHOUT_ACCOUNT = f"SELECT {_ONE.format(account='account_id IS NULL', state=_PENDING)}"
_ACCOUNTS = f"SELECT a.id FROM accounts_account a WHERE {_PENDING_OF} ORDER BY a.id"  # noqa: S608
_ANY = f"SELECT a.id FROM accounts_account a WHERE {_PENDING_OF} OR {_IN_FLIGHT_OF} LIMIT 1"  # noqa: S608


def accounts_with_pending(*, run_id: int) -> list[int | None]:
    """Return the accounts that have pending deliveries in a run; None if some have no account."""
    with connection.cursor() as cursor:
        cursor.execute(_ACCOUNTS, [run_id])
        found: list[int | None] = [account_id for (account_id,) in cursor.fetchall()]
        cursor.execute(_WITHOUT_ACCOUNT, [run_id])
        return [*found, None] if cursor.fetchone()[0] else found


def has_open_deliveries(*, run_id: int) -> bool:
    """Return whether a delivery of a run is pending or in flight."""
    with connection.cursor() as cursor:
        cursor.execute(_ANY, [run_id, run_id])
        if cursor.fetchone():
            return True
        cursor.execute(_WITHOUT_ACCOUNT, [run_id])
        return bool(cursor.fetchone()[0])
