"""Writes the ends of deliveries and the states of runs into the outbox of webhooks.

Called in the transaction of the change: by the ledger, by changes of many deliveries, by planning.
Without an endpoint that wants these events nothing is read or written.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from contacts.models import SuppressionReason
from foundation.queries import chunks
from foundation.times import utc_iso
from sending.models import Delivery, OptOut, Run
from sending.states import OPEN_DELIVERY_STATES
from webhooks.outbox.subscribers import subscribers
from webhooks.outbox.tell import Event, tell
from webhooks.states import EventKind

#: Deliveries that are read at once.
CHUNK = 500
_COLUMNS = (
    "id", "run_id", "uin", "account__uin", "state", "reason", "last_res", "seq", "attempt_count",
    "sent_at", "text",
)  # fmt: skip


def tell_ended(delivery_ids: Iterable[int]) -> None:
    """Tell of those of these deliveries that have ended: two statements for each chunk of them."""
    if not subscribers(EventKind.DELIVERY_ENDED):
        return
    for ids in chunks(sorted(delivery_ids), size=CHUNK):
        _tell(Delivery.objects.filter(pk__in=ids))


def tell_planned(*, run_id: int, after: int) -> None:
    """Tell of the deliveries of a run that were planned after this one and ended at once."""
    if not subscribers(EventKind.DELIVERY_ENDED):
        return
    while True:
        # By primary key, like the chunk that was just inserted.
        rows = Delivery.objects.filter(pk__gt=after, run_id=run_id)
        ids = list(rows.order_by("pk").values_list("pk", flat=True)[:CHUNK])
        if not ids:
            return
        _tell(Delivery.objects.filter(pk__in=ids))
        after = ids[-1]


def last_delivery() -> int:
    """Return the highest id, where `tell_planned` begins; 0 if nobody wants to know."""
    if not subscribers(EventKind.DELIVERY_ENDED):
        return 0
    return int(Delivery.objects.order_by("-pk").values_list("pk", flat=True).first() or 0)


def tell_run_state(run_id: int) -> None:
    """Tell of the state that a run has just got."""
    if not subscribers(EventKind.RUN_STATE):
        return
    run = Run.objects.get(pk=run_id)
    data = {
        "run": run.pk,
        "state": str(run.state),
        "changed_at": utc_iso(run.state_changed_at),
        "ended_at": utc_iso(run.ended_at),
    }
    tell(EventKind.RUN_STATE, [Event(f"run:{run.pk}", data)])


def tell_opt_out(opt_out: OptOut) -> None:
    """Tell that a person opted out by a reply."""
    if not subscribers(EventKind.OPT_OUT):
        return
    data = {
        "uin": opt_out.uin,
        "account": opt_out.account.uin if opt_out.account else None,
        "message": opt_out.message_id,
        "at": utc_iso(opt_out.at),
        "reason": SuppressionReason.REPLIED.value,
        "list": None,
        "until": None,
    }
    tell(EventKind.OPT_OUT, [Event(f"person:{opt_out.uin}", data, uin=opt_out.uin)])


def _tell(rows: QuerySet[Delivery]) -> None:
    ended = rows.exclude(state__in=OPEN_DELIVERY_STATES).order_by("pk")
    tell(EventKind.DELIVERY_ENDED, [_event(row) for row in ended.values(*_COLUMNS)])


def _event(row: dict[str, Any]) -> Event:
    return Event(
        about=f"delivery:{row['id']}",
        data={
            "delivery": row["id"],
            "run": row["run_id"],
            "uin": row["uin"],
            "account": row["account__uin"],
            "state": row["state"],
            "reason": row["reason"],
            "res": row["last_res"],
            "seq": row["seq"],
            "attempts": row["attempt_count"],
            "sent_at": utc_iso(row["sent_at"]),
        },
        texts={"text": row["text"] or ""},
        uin=row["uin"],
    )
