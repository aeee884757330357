"""A message for JSON. The keys are a public interface."""

from __future__ import annotations

from typing import Any

from api.models import Message
from campaigns.reason_text import reason_text
from campaigns.reports.waiting_reasons import delivery_waiting_reason
from foundation.times import utc_iso
from sending.states import OPEN_DELIVERY_STATES


def message_data(message: Message) -> dict[str, Any]:
    """Return a message with its state; what it waits for, if it is open."""
    delivery = message.delivery
    is_open = delivery.state in OPEN_DELIVERY_STATES
    reason = str(reason_text(delivery.reason)) if delivery.reason else ""
    return {
        "id": message.pk,
        "to": message.uin,
        "account": delivery.account.uin if delivery.account is not None else None,
        "state": delivery.state,
        "reason": delivery.reason,
        "sentence": ": ".join(filter(None, (str(delivery.get_state_display()), reason))),
        "why": delivery_waiting_reason(delivery=delivery).sentence if is_open else None,
        "attempts": delivery.attempt_count,
        "last_res": delivery.last_res,
        "seq": delivery.seq,
        "created_at": utc_iso(message.created_at),
        "expires_at": utc_iso(message.expires_at),
        "sent_at": utc_iso(delivery.sent_at),
        "text": delivery.text,
    }
