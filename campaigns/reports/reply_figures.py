"""How many people replied to a run: in all, by account, and by the hour of sending.

A person who replied more than once counts once. Only those who got the message count: a delivery
whose result is unknown may have a reply too. All read the run's replies by their index, and the
deliveries of these.
"""

from __future__ import annotations

from collections import Counter

from django.db import connection
from django.db.models import Count, QuerySet

from campaigns.models import CampaignRun
from retention.models import Removed, removals_of
from sending.models import OptDirection, Reply
from sending.states import DeliveryState

_BY_QUARTER = """
SELECT {quarter} AS quarter, COUNT(DISTINCT d.id)
  FROM sending_reply r JOIN sending_delivery d ON d.id = r.delivery_id
 WHERE r.run_id = %s AND d.state = 'sent' GROUP BY 1
"""


def replied(run: CampaignRun) -> int:
    """Return how many people replied."""
    kept = removals_of(run.pk).get(Removed.DELIVERIES)
    if kept is not None and "replied" in kept.figures:
        return int(kept.figures["replied"])
    found = _of_run(run).aggregate(n=Count("delivery", distinct=True))
    return int(found["n"])


def opted_out_by_reply(run: CampaignRun) -> int:
    """Return how many people replied with a word to opt out, by the run's replies."""
    words = {"message__opt_out__direction": OptDirection.OUT, "message__opt_out__took_effect": True}
    found = _of_run(run).filter(**words).aggregate(n=Count("delivery", distinct=True))
    return int(found["n"])


def replied_by_account(run: CampaignRun) -> Counter[int | None]:
    """Return how many people replied to the messages of each account, by its key."""
    rows = (
        _of_run(run)
        .order_by()
        .values_list("delivery__account_id")
        .annotate(n=Count("delivery", distinct=True))
    )
    return Counter(dict(rows))


def replied_by_quarter(run: CampaignRun, *, quarter: str) -> Counter[int | None]:
    """Return how many people replied to the messages of each quarter of an hour of sending.

    Args:
        run: the run.
        quarter: the SQL of the quarter of a time of sending.
    """
    with connection.cursor() as cursor:
        cursor.execute(_BY_QUARTER.format(quarter=quarter), [run.pk])
        rows: list[tuple[int | None, int]] = cursor.fetchall()
    return Counter(dict(rows))


def reply_rate(*, replied: int, sent: int) -> float | None:
    """Return the share of the people who got the message that replied; None if nobody got it."""
    return round(replied / sent, 4) if sent else None


def _of_run(run: CampaignRun) -> QuerySet[Reply]:
    return Reply.objects.filter(run=run, delivery__state=DeliveryState.SENT)
