"""Opening a lane for an account, if there is one to open."""

from __future__ import annotations

from accounts.gateway.conversation import Conversation
from accounts.leases.leases import take_lease
from foundation.database_turn import database_turn
from sending.lanes.lane import Lane
from sending.runs.finish import finish_runs_that_are_done
from sending.wake_ups.wake import refuse_wake, wake_lanes
from sending.worker.runtime import Runtime


def run_lane_for(*, account_id: int, runtime: Runtime) -> None:
    """Take an account's lease and run its lane, for a slice.

    A wake-up that comes twice, late or to the wrong worker finds no lease to take, and does
    nothing: that is why wake-ups may get lost and repeated as they like (rule 1).
    """
    if runtime.context.is_draining or account_id in runtime.lanes:
        with database_turn():
            refuse_wake(account_id=account_id)  # of no effect on an account whose lease is held
        return
    with database_turn():
        grant = take_lease(
            account_id=account_id,
            worker_id=runtime.context.worker.pk,
            egress_id=runtime.context.egress.pk,
        )
        if grant is None:
            return
        account = grant.account
        runtime.context.refresh_runs()
    with runtime.context.new_client() as client:
        conversation = Conversation(
            grant=grant, account=account, egress_id=runtime.context.egress.pk, client=client
        )
        lane = Lane(
            context=runtime.context, grant=grant, account=account, conversation=conversation
        )
        # One of a lost lease may still be about: then this one is not to be, or the two would
        # take each other's place here.
        if runtime.lanes.setdefault(account_id, lane) is not lane:
            lane.abandon()
            return
        try:
            lane.run()
        finally:
            runtime.lanes.pop(account_id, None)
    with database_turn():
        finish_runs_that_are_done(run_ids=lane.sender.runs_served)
        if lane.has_more and not runtime.context.is_draining:
            wake_lanes(account_ids=[account_id])
