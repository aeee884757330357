"""Opens the lane of an account if its lease is free."""

from __future__ import annotations

from accounts.gateway.conversation import Conversation
from foundation.database_turn import database_turn
from foundation.log_context import logged
from sending.lanes.lane import Lane
from sending.wake_ups.wake import refuse_wake, wake_lanes
from sending.worker.openings import Opening
from sending.worker.runtime import Runtime


def run_lane_for(*, account_id: int, runtime: Runtime) -> None:
    """Take an account's lease and run its lane. Does nothing if the lease is not free.

    So a wake-up that comes twice, late, or to the wrong worker does no harm (rule 1).
    """
    lane = runtime.lanes.get(account_id)
    if lane is not None:
        lane.note_wake_up()
    if lane is not None or runtime.context.is_draining:
        with database_turn():
            refuse_wake(account_id=account_id)  # no effect while the lease is held
        return
    with runtime.openings.open(account_id) as opening:
        if opening is not None:
            _run_lane(opening, runtime)


def _run_lane(opening: Opening, runtime: Runtime) -> None:
    grant, account = opening.grant, opening.grant.account
    with runtime.context.new_client() as client:
        conversation = Conversation(
            grant=grant,
            account=account,
            egress_id=runtime.context.egress.pk,
            client=client,
            # Looked up at each login: operators may have changed the policies meanwhile.
            login_policies=lambda code: runtime.context.policies.for_login(code=code),
            login_steps=runtime.context.login_steps,
            session_read=opening.reads.session if opening.reads else None,
        )
        lane = Lane(
            context=runtime.context,
            grant=grant,
            account=account,
            conversation=conversation,
            reads=opening.reads,
        )
        # A lane of the account that lost its lease may not have ended yet. Then this one must not
        # run: the registry holds one lane per account.
        if runtime.lanes.setdefault(account.pk, lane) is not lane:
            lane.hand_back()
            return
        try:
            with logged(account=account.uin):
                lane.run()
        finally:
            runtime.lanes.pop(account.pk, None)
    runtime.context.closings.finish_runs(lane.sender.runs_served)
    was_woken = lane.woken_at is not None
    if (lane.has_more or was_woken) and not runtime.context.is_draining:
        with database_turn():
            wake_lanes(account_ids=[account.pk])
