"""The feed, read for one account and for many; both must say the same."""

from __future__ import annotations

from typing import Any

from sending.lanes import feed_sql
from sending.lanes.feed_sql import Next


def next_of_run(*, account_id: int, limit: int, **given: Any) -> list[Next]:
    """Return an account's next deliveries; assert that many accounts together are told the same."""
    alone = feed_sql.next_of_run(account_id=account_id, limit=limit, **given)
    together = feed_sql.first_of_run(limits={account_id: limit, -1: limit}, **given)
    assert together == {account_id: alone, -1: []}
    return alone
