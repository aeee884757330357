"""The feed's SQL: a lane's next deliveries.

It is written out because every lane runs it every few messages: building it with the ORM took
longer than the database takes to answer it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from sending.limits import PersonLimits
from sending.querysets.limits import got_one_across, is_of_cap_origin, messages_counted
from sending.querysets.suppressed import is_suppressed

# An index scan of `delivery_next`: account and run are its prefix, rank and id its order. Opt-outs
# since planning are looked up per row, by UIN. What a run holds back has negative ranks: the scan
# begins after them, so a lane never reads them.
_NEXT_ROWS = """
SELECT d.id, d.uin, d.attempt_count - COALESCE(d.counted_from, 0), {suppressed},
       d.text_number{limits}
  FROM sending_delivery d
 WHERE d.account_id = %s AND d.run_id = %s AND d.state = 'pending'
   AND (d.not_before IS NULL OR d.not_before <= %s){held}
 ORDER BY d.rank, d.id
 LIMIT %s
"""
_SUPPRESSED = is_suppressed(uin="d.uin", run="d.run_id")
_HELD = " AND d.rank >= 0"
#: By whether the run holds its rest.
_NEXT = {
    holds: _NEXT_ROWS.format(suppressed=_SUPPRESSED, limits="", held=_HELD if holds else "")
    for holds in (False, True)
}
# For runs with limits on messages to one person: the person, and which limit they are over.


def _next_limited(*, among: str, holds_rest: bool) -> str:
    counted = messages_counted(
        contact="d.contact_id", run="d.run_id", sent_after="%s", marked_after="%s", among=among
    )
    return _NEXT_ROWS.format(
        suppressed=_SUPPRESSED,
        held=_HELD if holds_rest else "",
        limits=f""", d.contact_id,
       CASE WHEN {got_one_across(contact="d.contact_id", run="d.run_id")} THEN 'once_across'
            WHEN {counted} >= %s THEN 'frequency_cap' ELSE '' END""",
    )


#: By whether all messages count for the cap, and whether the run holds its rest.
_NEXT_LIMITED = {
    (counts_all, holds): _next_limited(
        among="" if counts_all else is_of_cap_origin(run="d.run_id"), holds_rest=holds
    )
    for counts_all in (False, True)
    for holds in (False, True)
}
#: The cap of a run without a frequency cap; it is higher than any count.
_NO_CAP = 2**31


class Next(NamedTuple):
    """A delivery that may be sent now unless `is_suppressed`.

    Attributes:
        attempts: the number of attempts since the latest retry.
        is_suppressed: whether its person opted out since planning.
        text_number: which text of the run it gets.
        contact_id: the person, in a run with limits; None if the contact was deleted.
        over_limit: the reason to skip the person because of a limit; "" if there is none.
    """

    delivery_id: int
    uin: int
    attempts: int
    is_suppressed: bool
    text_number: int = 0
    contact_id: int | None = None
    over_limit: str = ""


def next_of_run(
    *,
    account_id: int,
    run_id: int,
    now: datetime,
    limit: int,
    person_limits: PersonLimits | None = None,
    holds_rest: bool = False,
) -> list[Next]:
    """Return an account's next pending deliveries in a run, oldest first.

    Args:
        account_id, run_id: the account and the run.
        now: the shared time.
        limit: the most deliveries to return.
        person_limits: the run's limits on messages to one person; None if it has none.
        holds_rest: whether the run's rest waits for the choice of a variant, and is left out.
    """
    stored = connection.ops.adapt_datetimefield_value
    values: list[Any] = [account_id, run_id, stored(now), limit]
    statement = _NEXT[holds_rest]
    if person_limits is not None:
        since = [stored(moment) for moment in person_limits.since()]
        most = _NO_CAP if person_limits.cap_most is None else person_limits.cap_most
        values = [*since, most, *values]
        statement = _NEXT_LIMITED[person_limits.cap_counts_all, holds_rest]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [
            Next(delivery_id, uin, attempts, bool(has_opted_out), *others)
            for delivery_id, uin, attempts, has_opted_out, *others in cursor.fetchall()
        ]
