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
_COUNTS = """
e.run_id <> {run}{among}
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
_OF_CAP_ORIGIN = """
0 < (SELECT COUNT(*) FROM sending_run o CROSS JOIN sending_caporigin x
      WHERE o.id = e.run_id + 0 AND x.run_id = {run} AND x.origin = o.origin)
"""
_IS_OF_RUNS = (
    "e.run_id <> {run} AND e.run_id + 0 IN ({runs}) AND e.state IN ('sending', 'sent', 'unknown')"
)


def messages_counted(
    *, contact: str, run: str, sent_after: str, marked_after: str, among: str = ""
) -> str:
    """Return the SQL of the number of a person's messages that count for a frequency cap.

    Args:
        contact: the SQL of the contact's key.
        run, sent_after, marked_after, among: as for `counts_for_cap`.
    """
    counts = counts_for_cap(run=run, sent_after=sent_after, marked_after=marked_after, among=among)
    return count_of_person(person=f"e.contact_id = {contact}", counts=counts)


def counts_for_cap(*, run: str, sent_after: str, marked_after: str, among: str = "") -> str:
    """Return the SQL condition that a message `e` counts for a frequency cap.

    Args:
        run: the SQL of the key of the run whose message is planned or marked; it is not counted.
        sent_after: the SQL of the time after which a sent message counts; wall time.
        marked_after: the same moment in shared time.
        among: the SQL condition that the run of a message `e` counts; "": every run does.
    """
    return _COUNTS.format(
        run=run,
        sent_after=sent_after,
        marked_after=marked_after,
        among=f" AND {among}" if among else "",
    )


def count_of_person(*, person: str, counts: str) -> str:
    """Return the SQL of the number of messages `e` of a person that meet a condition.

    Args:
        person: the SQL condition that finds the messages of the person.
        counts: the condition.
    """
    return f"(SELECT COUNT(*) FROM sending_delivery e WHERE {person} AND {counts})"  # noqa: S608


def of_person_from(*, contact: str, oldest_run: int) -> str:
    """Return the condition that finds the messages of a person in a run and the newer ones.

    Args:
        contact: the SQL of the contact's key.
        oldest_run: the key of the run.
    """
    return _PERSON_FROM.format(contact=contact, oldest=oldest_run)


def is_of_cap_origin(*, run: str) -> str:
    """Return the SQL condition that a message `e` counts for the cap of a run that counts some.

    Args:
        run: the SQL of the run's key.
    """
    return _OF_CAP_ORIGIN.format(run=run)


def got_one_across(*, contact: str, run: str) -> str:
    """Return the SQL condition that a person got a message that counts together with a run.

    Args:
        contact: the SQL of the contact's key.
        run: the SQL of the run's key.
    """
    return _GOT_ONE.format(contact=contact, run=run)


def is_of_runs(*, run: str, runs: str) -> str:
    """Return the condition of `got_one_across` on a message `e`, for given runs.

    The planned run may not exist yet.

    Args:
        run: as for `got_one_across`.
        runs: the SQL of the runs' keys, inside IN ().
    """
    return _IS_OF_RUNS.format(run=run, runs=runs)
