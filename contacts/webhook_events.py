"""Writes opt-outs that no reply made into the outbox: by an operator, a file or a rule."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from contacts.models import SuppressionReason
from foundation.queries import chunks
from webhooks.outbox.subscribers import subscribers
from webhooks.outbox.tell_rows import tell_rows
from webhooks.states import EventKind

#: Reasons that are no wish of the person: the gateway reports no such UIN; the person is erased.
NO_OPT_OUTS = (SuppressionReason.UNREACHABLE, SuppressionReason.ERASED)

# Found by primary key. Times are written as `utc_iso` writes them.
_SELECT = """
SELECT 'person:' || s.uin AS object_key, s.uin AS uin, s.id AS place, {object}(
           'uin', s.uin, 'account', NULL, 'message', NULL, 'at', {at}, 'reason', s.reason,
           'list', l.name, 'until', {until}) AS data
  FROM contacts_suppression s
  LEFT JOIN contacts_contactlist l ON l.id = s.contact_list_id
 WHERE s.id IN ({keys}) AND s.reason NOT IN ({reasons})
"""


def tell_suppressed(keys: Sequence[int]) -> None:
    """Tell of the suppressions that have just been made or prolonged: one event for each."""
    if not subscribers(EventKind.OPT_OUT):
        return
    is_postgresql = connection.vendor == "postgresql"
    for chunk in chunks(sorted(keys)):
        select = _SELECT.format(
            object="jsonb_build_object" if is_postgresql else "json_object",
            at=_iso("s.created_at", is_postgresql=is_postgresql),
            until=_iso("s.until", is_postgresql=is_postgresql),
            keys=", ".join(["%s"] * len(chunk)),
            reasons=", ".join(["%s"] * len(NO_OPT_OUTS)),
        )
        parameters = [*chunk, *(reason.value for reason in NO_OPT_OUTS)]
        tell_rows(EventKind.OPT_OUT, select=select, parameters=parameters)


def _iso(column: str, *, is_postgresql: bool) -> str:
    if is_postgresql:
        return f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
    return f"replace({column}, ' ', 'T') || 'Z'"
