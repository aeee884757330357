"""The SQL conditions of a run's limits on messages to one person: frequency cap, once across.

Planning, the feed and the ledger's mark share them. Both begin at the person's own deliveries, by
the index `delivery_of_person`, so their cost is bounded by how many messages the person ever got.
A message counts once its request may have left: in flight, sent, or unknown.
"""

from __future__ import annotations

#: A message that has no time of sending, because its result is unknown or an operator decided it,
#: counts by its attempts.
_COUNTED = """
SELECT COUNT(*) FROM sending_delivery e
 WHERE e.contact_id = {contact} AND e.run_id <> {run}{older}
   AND (e.state = 'sending'
        OR (e.state IN ('sent', 'unknown')
            AND COALESCE(e.sent_at > {sent_after},
                         EXISTS (SELECT 1 FROM sending_attempt t WHERE t.delivery_id = e.id
                                    AND t.marked_at > {marked_after}))))
"""

# SQLite keeps the order of a CROSS JOIN: the person's deliveries, their runs, the run's origins.
_GOT_ONE = """
EXISTS (SELECT 1 FROM sending_delivery e CROSS JOIN sending_run o CROSS JOIN sending_onceacross x
         WHERE e.contact_id = {contact} AND e.run_id <> {run}
           AND e.state IN ('sending', 'sent', 'unknown')
           AND o.id = e.run_id AND x.run_id = {run} AND x.origin = o.origin)
"""
_GOT_ONE_OF = """
EXISTS (SELECT 1 FROM sending_delivery e
         WHERE e.contact_id = {contact} AND e.run_id <> {run} AND e.run_id IN ({runs})
           AND e.state IN ('sending', 'sent', 'unknown'))
"""


def messages_counted(
    *, contact: str, run: str, sent_after: str, marked_after: str, oldest_run: str | None = None
) -> str:
    """Return the SQL of the number of a person's messages that count for a frequency cap.

    Args:
        contact: the SQL of the contact's key.
        run: the SQL of the key of the run whose message is planned or marked; it is not counted.
        sent_after: the SQL of the time after which a sent message counts; wall time.
        marked_after: the same moment in shared time.
        oldest_run: the SQL of the lowest key of a run whose messages can count; None: any.
    """
    older = f" AND e.run_id >= {oldest_run}" if oldest_run is not None else ""
    counted = _COUNTED.format(
        contact=contact, run=run, sent_after=sent_after, marked_after=marked_after, older=older
    )
    return f"({counted})"


def got_one_across(*, contact: str, run: str) -> str:
    """Return the SQL condition that a person got a message that counts together with a run.

    Args:
        contact: the SQL of the contact's key.
        run: the SQL of the run's key.
    """
    return _GOT_ONE.format(contact=contact, run=run)


def got_one_of(*, contact: str, run: str, runs: str) -> str:
    """Return the same condition for runs that are named, of a run that may not exist yet.

    Args:
        contact, run: as for `got_one_across`.
        runs: the SQL of the runs' keys, inside IN ().
    """
    return _GOT_ONE_OF.format(contact=contact, run=run, runs=runs)
