"""The SQL conditions of a run's limits on messages to one person: frequency cap, once across.

Planning, the feed and the ledger's mark share them. Both conditions begin at the person's own
deliveries, by the unique index `delivery_unique_contact_in_run`. So their cost depends only on the
number of messages that the person got. A message counts once its request may have left: in flight,
sent, or unknown.

PostgreSQL must not choose another plan when its statistics are old, just after planning. They are
scalar subqueries, because an EXISTS may become a join or a hash table that reads all deliveries.
The run is written as an expression (`+ 0`), which does not match the index of the run.
"""

from __future__ import annotations

# Only the unique index has the two columns in this order. The second bound ends the range.
_PERSON_FROM = "(e.contact_id, e.run_id) >= ({contact}, {oldest}) AND e.contact_id <= {contact}"
#: A message that has no time of sending, because its result is unknown or an operator decided it,
#: counts by its attempts.
_COUNTED = """
SELECT COUNT(*) FROM sending_delivery e
 WHERE {person} AND e.run_id <> {run}
   AND (e.state = 'sending'
        OR (e.state IN ('sent', 'unknown')
            AND COALESCE(e.sent_at > {sent_after},
                         (SELECT MAX(t.marked_at) FROM sending_attempt t
                           WHERE t.delivery_id = e.id) > {marked_after}, FALSE)))
"""

# SQLite keeps the order of a CROSS JOIN: the person's deliveries, their runs, the run's origins.
_GOT_ONE = """
0 < (SELECT COUNT(*)
          FROM sending_delivery e CROSS JOIN sending_run o CROSS JOIN sending_onceacross x
         WHERE e.contact_id = {contact} AND e.run_id <> {run}
           AND e.state IN ('sending', 'sent', 'unknown')
           AND o.id = e.run_id + 0 AND x.run_id = {run} AND x.origin = o.origin)
"""
_GOT_ONE_OF = """
0 < (SELECT COUNT(*) FROM sending_delivery e
         WHERE {person} AND e.run_id <> {run} AND e.run_id + 0 IN ({runs})
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
    person = f"e.contact_id = {contact}"
    if oldest_run is not None:
        person = _PERSON_FROM.format(contact=contact, oldest=oldest_run)
    counted = _COUNTED.format(
        person=person, run=run, sent_after=sent_after, marked_after=marked_after
    )
    return f"({counted})"


def got_one_across(*, contact: str, run: str) -> str:
    """Return the SQL condition that a person got a message that counts together with a run.

    Args:
        contact: the SQL of the contact's key.
        run: the SQL of the run's key.
    """
    return _GOT_ONE.format(contact=contact, run=run)


def got_one_of(*, contact: str, run: str, runs: str, oldest_run: str) -> str:
    """Return the condition of `got_one_across` for given runs; the planned run may not exist yet.

    Args:
        contact, run: as for `got_one_across`.
        runs: the SQL of the runs' keys, inside IN ().
        oldest_run: the SQL of the lowest of these keys.
    """
    person = _PERSON_FROM.format(contact=contact, oldest=oldest_run)
    return _GOT_ONE_OF.format(person=person, run=run, runs=runs)
