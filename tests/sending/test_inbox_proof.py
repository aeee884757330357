"""A lane polls its inbox on the proof of its latest message, or asks whether its lease is held."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from django.db import connection

from accounts.gateway.conversation import Conversation
from accounts.gateway.lane_stops import LeaseLost
from accounts.leases.take_leases import take_lease
from accounts.leases.workers import end_worker
from accounts.models import Account
from clocks import local, shared
from qqhttp.simulator import GatewaySimulator
from sending.lanes.context import LaneContext
from sending.lanes.lane_inbox import LaneInbox
from sending.lanes.permit import FRESH_SECONDS, SendPermit
from tests.sending.working import LocalWorker


class _Lane(NamedTuple):
    """What a lane has when its inbox is due."""

    context: LaneContext
    permit: SendPermit
    inbox: LaneInbox
    gateway: GatewaySimulator

    def polls(self) -> int:
        """Return how many polls the gateway answered."""
        return sum(self.gateway.control.figures().results.get("GetMsgEx", {}).values())


@pytest.fixture
def lane(engine: GatewaySimulator, sender: Account) -> Iterator[_Lane]:
    """An account that has just logged in, and whose inbox is due."""
    with LocalWorker(is_looking=False) as worker:
        context = worker.runtime.context
        grant = take_lease(
            account_id=sender.pk, worker_id=context.worker.pk, egress_id=context.egress.pk
        )
        assert grant is not None
        with context.new_client() as client:
            conversation = Conversation(
                grant=grant,
                account=grant.account,
                egress_id=context.egress.pk,
                client=client,
                login_policies=lambda code: context.policies.for_login(code=code),
                login_steps=context.login_steps,
            )
            conversation.log_in()
            context.gateway.note_answered(is_login=True)  # as a lane does
            assert conversation.session is not None
            conversation.session.poll_at = shared.now()
            permit = SendPermit(ledger=context.ledger, grant=grant, account_id=sender.pk)
            pacing: Any = None  # not asked after a message
            inbox = LaneInbox(
                conversation=conversation,
                pacing=pacing,
                gateway=context.gateway,
                polled=context.polled,
                permit=permit,
            )
            yield _Lane(context, permit, inbox, engine)


def test_a_fresh_proof_is_enough(
    lane: _Lane, django_assert_num_queries: Callable[..., Any]
) -> None:
    lane.permit.proved_at = local.elapsed()
    with django_assert_num_queries(0, connection=connection):
        assert lane.inbox.poll_after_message()
    assert lane.polls() == 1


@pytest.mark.parametrize("is_lost", [False, True])
def test_an_old_proof_or_a_lost_permit_is_not(lane: _Lane, is_lost: bool) -> None:
    lane.permit.proved_at = local.elapsed() - (0 if is_lost else FRESH_SECONDS + 0.1)
    if is_lost:
        lane.permit.lose()
    end_worker(worker_id=lane.context.worker.pk, reason="presumed dead by a test")
    with pytest.raises(LeaseLost):
        lane.inbox.poll_after_message()
    assert lane.polls() == 0


def test_without_a_proof_the_database_is_asked(lane: _Lane) -> None:
    assert lane.inbox.poll_after_message()
    assert lane.polls() == 1
