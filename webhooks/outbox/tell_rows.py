"""Writes one event for each row of a query into the outbox, by SQL: for changes of many rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import DateTimeField

from clocks import shared
from webhooks.outbox.subscribers import subscribers

# The rest of the columns have their defaults in the database.
_INSERT = """
INSERT INTO webhooks_message (endpoint_id, kind, object_key, uin, happened_at, data)
SELECT %s, %s, told.object_key, told.uin, {now}, told.data FROM ({select}) AS told
 ORDER BY told.place
"""


def tell_rows(kind: str, *, select: str, parameters: Sequence[Any]) -> None:
    """Write an event for every row of a query and every endpoint that wants the kind.

    A hundred thousand events take seconds: no row of them passes through Python. Call it within
    the transaction of the change.

    Args:
        kind: the kind of the events.
        select: a query that returns `object_key`, `uin`, `data` (JSON) and `place`, its order.
        parameters: of the query.
    """
    now = DateTimeField().get_db_prep_value(shared.wall(), connection)
    for one in subscribers(kind):
        with connection.cursor() as cursor:
            # The time is a parameter with a cast: PostgreSQL would take it for text otherwise.
            cast = "%s::timestamptz" if connection.vendor == "postgresql" else "%s"
            cursor.execute(
                _INSERT.format(now=cast, select=select), [one.endpoint_id, kind, now, *parameters]
            )
