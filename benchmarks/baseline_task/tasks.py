"""The task: read a row, send, write the row; no write-ahead, fencing, pacing or replay."""

from __future__ import annotations

import itertools
import queue
import time

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from qqhttp import CltMsg, GatewayClient
from sending.models import Delivery

#: SEQs above those of the engine.
_seqs = itertools.count(int(time.time()) + 50_000_000)
#: Idle clients with open connections, for the next tasks.
_idle: queue.SimpleQueue[GatewayClient] = queue.SimpleQueue()


@shared_task(name="baseline.send", ignore_result=True)
def send(delivery_id: int) -> None:
    """Send one delivery."""
    delivery = Delivery.objects.select_related("account", "run").get(pk=delivery_id)
    account = delivery.account
    assert account is not None
    try:
        client = _idle.get_nowait()
    except queue.Empty:
        client = GatewayClient(settings.QQ_GATEWAY_URL)
    seq = next(_seqs)
    reply = client.exchange(CltMsg(seq=seq, uin=account.uin, un=delivery.uin, mg=delivery.run.text))
    _idle.put(client)
    delivery.seq = seq
    delivery.state = "sent"
    delivery.last_res = str(reply.res)
    delivery.attempt_count += 1
    delivery.sent_at = timezone.now()
    delivery.save(update_fields=["seq", "state", "last_res", "attempt_count", "sent_at"])
