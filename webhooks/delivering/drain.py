"""Sends the messages of one endpoint, in order, for a bounded time."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from clocks import local
from foundation.failpoints import failpoint
from foundation.failures import traceback_without_messages
from webhooks.delivering.call import call
from webhooks.delivering.owner import tell_owner
from webhooks.delivering.queue import claim_endpoint, next_messages, release_claim, renew_claim
from webhooks.delivering.record import RESTS_AFTER, record
from webhooks.models import Endpoint
from webhooks.states import EndpointState

log = logging.getLogger(__name__)

#: Calls to one endpoint at the same time, each about another object.
AT_ONCE = 4


def drain(endpoint_id: int, *, until: float) -> None:
    """Send what an endpoint is owed, until nothing is due or the time is over.

    It runs in a thread of its own, so that a slow endpoint delays no other.

    Args:
        endpoint_id: the endpoint.
        until: when to end, by `local.elapsed()`.
    """
    try:
        claim = claim_endpoint(endpoint_id)
        if claim is not None:
            _drain(endpoint_id, claim=claim, until=until)
            release_claim(endpoint_id, claim=claim)
    except Exception as problem:
        # The claim runs out by itself, and another dispatcher goes on.
        log.error("Webhook %s: %s", endpoint_id, traceback_without_messages(problem))
    finally:
        connection.close()


def _drain(endpoint_id: int, *, claim: int, until: float) -> None:
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        while local.elapsed() < until:
            endpoint = renew_claim(endpoint_id, claim=claim)
            if endpoint is None:
                return
            # An endpoint that failed several times is probed by one message.
            limit = 1 if endpoint.failures >= RESTS_AFTER else AT_ONCE
            batch = next_messages(endpoint_id, limit=limit)
            if not batch:
                return
            answers = list(pool.map(lambda message: call(endpoint, message), batch))  # noqa: B023
            failpoint("after_webhook")
            if not record(endpoint, list(zip(batch, answers, strict=True))):
                return
            if _has_failed(endpoint_id):
                tell_owner(Endpoint.objects.get(pk=endpoint_id))
                return


def _has_failed(endpoint_id: int) -> bool:
    return Endpoint.objects.filter(pk=endpoint_id, state=EndpointState.FAILING).exists()
