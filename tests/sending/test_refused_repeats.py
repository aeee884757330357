"""No repeat under a SEQ that the gateway may have forgotten, nor to a person who opted out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from accounts.leases.leases import Grant
from accounts.leases.take_leases import take_lease
from accounts.leases.workers import register_worker
from accounts.models import Account, Lease, Worker
from campaigns.models import CampaignRun
from campaigns.run_control.lifecycle import cancel_run
from clocks import shared
from contacts.models import Suppression
from qqhttp.simulator import GatewaySimulator
from qqhttp.transport import UNACKNOWLEDGED_SECONDS
from sending.lanes.permit import LEAVES_WITHIN_SECONDS
from sending.ledger.batch import BatchWriter
from sending.ledger.entries import REPLAY_MARGIN_SECONDS, Decision, Mark, Replay
from sending.ledger.ledger import Ledger
from sending.models import Attempt, Delivery
from sending.runs.figures import check_figures
from sending.worker import runtime as runtime_module
from tests.sending.conftest import FRIENDS, Start, is_finished, states_of
from tests.sending.working import LocalWorker, wait_until

pytestmark = pytest.mark.both_databases

SEQ = 7


def test_the_margin_covers_all_that_passes_between_the_proof_and_the_wire() -> None:
    assert REPLAY_MARGIN_SECONDS >= LEAVES_WITHIN_SECONDS + UNACKNOWLEDGED_SECONDS + 1.0


@pytest.fixture
def marked(senders: list[Account], start: Start) -> Iterator[tuple[Ledger, Grant, Delivery]]:
    """A delivery that was marked, with the ledger that did it."""
    run = start(accounts=senders[:1])
    worker: Worker = register_worker(
        egress_name="default", source_address=None, proxy=None, version="test"
    )
    grant = take_lease(account_id=senders[0].pk, worker_id=worker.pk, egress_id=worker.egress_id)
    assert grant is not None
    ledger = Ledger(worker_id=worker.pk, linger=0.0)
    ledger.start()
    delivery = run.deliveries.order_by("pk")[0]
    assert ledger.submit(Mark(delivery.pk, senders[0].pk, grant.token, SEQ, None)).wait()
    yield ledger, grant, delivery
    ledger.close()


def grow_old(delivery: Delivery, seconds: float) -> None:
    """Make a delivery's attempt `seconds` old."""
    Attempt.objects.filter(delivery=delivery).update(
        marked_at=shared.now() - timedelta(seconds=seconds)
    )


def asked_again(marked: tuple[Ledger, Grant, Delivery]) -> Decision:
    ledger, grant, _delivery = marked
    return ledger.submit(Replay(grant.account_id, grant.token, SEQ)).wait()


@pytest.mark.parametrize(
    ("age", "decision"),
    [(0, Decision.GRANTED), (580, Decision.GRANTED), (586, Decision.TOO_OLD),
     (100_000, Decision.TOO_OLD)],
)  # fmt: skip
def test_a_repeat_is_granted_within_the_gateways_memory_alone(
    marked: tuple[Ledger, Grant, Delivery], age: float, decision: Decision
) -> None:
    grow_old(marked[2], age)
    assert asked_again(marked) is decision
    assert Attempt.objects.get().replays == (decision is Decision.GRANTED)


def test_no_repeat_to_who_opted_out(marked: tuple[Ledger, Grant, Delivery]) -> None:
    Suppression.objects.create(uin=marked[2].uin, contact_list=None)
    assert asked_again(marked) is Decision.OPTED_OUT


def test_no_repeat_to_who_opted_out_of_the_list(
    marked: tuple[Ledger, Grant, Delivery],
) -> None:
    members = marked[2].run.lists.get()
    Suppression.objects.create(uin=marked[2].uin, contact_list=members)
    assert asked_again(marked) is Decision.OPTED_OUT


def test_no_repeat_to_who_was_erased(marked: tuple[Ledger, Grant, Delivery]) -> None:
    Delivery.objects.filter(pk=marked[2].pk).update(uin=0)
    assert asked_again(marked) is Decision.OPTED_OUT


def test_no_repeat_for_a_run_that_was_cancelled(marked: tuple[Ledger, Grant, Delivery]) -> None:
    cancel_run(run=marked[2].run.campaign_run)
    assert asked_again(marked) is Decision.CANCELLED


@pytest.mark.slow
@pytest.mark.parametrize("promise", ["never-twice", "never-missed"])
def test_what_was_left_open_too_long_is_not_sent_again(
    engine: GatewaySimulator, senders: list[Account], start: Start, promise: str
) -> None:
    """A stack that was down for ten minutes, with an attempt whose answer was lost."""
    run = start(accounts=senders[:1], promise=promise)
    _leave_open(engine, run)
    grow_old(Delivery.objects.get(state="sending"), 590)
    with LocalWorker() as worker:
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert worker.deaths == []
    figures = engine.control.figures()
    if promise == "never-twice":
        assert states_of(run) == {"sent": FRIENDS - 1, "unknown": 1}
        assert run.deliveries.get(state="unknown").reason == "replay_window_over"
        assert (figures.distinct, figures.twice) == (FRIENDS, 0)
    else:
        assert states_of(run) == {"sent": FRIENDS}
    assert figures.repeats == 0  # nothing came under the old SEQ
    assert check_figures(run=run) == []


def _leave_open(engine: GatewaySimulator, run: CampaignRun) -> None:
    """Leave one attempt open: it arrived, the answer was lost, the worker went away."""
    engine.control.set_faults("empty:after,command=CLTMSG,count=1")
    with LocalWorker():
        wait_until(lambda: engine.control.faults()[0]["fired"], what="the lost answer")
        wait_until(lambda: run.deliveries.filter(state="sending", last_res="NULL").exists())
    engine.control.set_faults()
    assert engine.control.figures().arrived == 1
    # The next lane would keep the wait before the repeat, which is not tested here.
    run.deliveries.filter(state="sending").update(not_before=None)


@pytest.mark.slow
def test_a_wait_before_a_repeat_outlives_its_lane(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    run = start(accounts=senders[:1])
    _leave_open(engine, run)
    run.deliveries.filter(state="sending").update(not_before=shared.now() + timedelta(seconds=2))
    began = shared.now()
    with LocalWorker():
        wait_until(lambda: is_finished(run), what="the end of the run")
    last = Attempt.objects.order_by("seq")[0]
    assert last.finished_at is not None
    assert last.finished_at >= began + timedelta(seconds=1.9)
    assert states_of(run) == {"sent": FRIENDS}


@pytest.mark.slow
def test_a_forgotten_open_attempt_is_found_while_the_lane_lives(
    engine: GatewaySimulator,
    senders: list[Account],
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As a mark whose commit's answer was lost would leave one, had the ledger not found it."""
    monkeypatch.setattr(runtime_module, "FORGOTTEN_SECONDS", 0.6)
    Account.objects.update(min_interval=0.5)
    run = start(accounts=senders[:1])
    forgotten = run.deliveries.order_by("-pk")[0]
    with LocalWorker():
        wait_until(lambda: engine.control.figures().arrived >= 1, what="the first message")
        lease = Lease.objects.get(account=senders[0])
        seq = lease.last_seq - 1
        Attempt.objects.create(
            delivery=forgotten, account=senders[0], seq=seq, marked_at=shared.now()
        )
        Delivery.objects.filter(pk=forgotten.pk).update(state="sending", seq=seq, attempt_count=1)
        token = lease.token
        wait_until(
            lambda: Delivery.objects.filter(pk=forgotten.pk, state="sent").exists(),
            what="the forgotten one", seconds=20,
        )  # fmt: skip
        assert Lease.objects.get(account=senders[0]).token == token, "it was another lane"
        assert run.deliveries.filter(state="pending").exists()


@pytest.mark.slow
def test_a_mark_whose_commit_was_cut_off_is_granted_after_all(
    engine: GatewaySimulator, senders: list[Account], start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError

    cut: list[int] = []
    commit: Any = BatchWriter.commit

    def cut_commit(self: BatchWriter, settlements: Any, requests: Any, *, is_again: bool) -> Any:
        decisions = commit(self, settlements, requests, is_again=is_again)
        if requests and not is_again and len(cut) < 5:
            cut.append(1)
            raise OperationalError("server closed the connection unexpectedly")
        return decisions

    monkeypatch.setattr(BatchWriter, "commit", cut_commit)
    run = start(accounts=senders[:2])
    with LocalWorker() as worker:
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert worker.deaths == []
    assert len(cut) == 5
    assert states_of(run) == {"sent": 2 * FRIENDS}
    assert Attempt.objects.count() == 2 * FRIENDS  # none was left, and none made anew
    # A mark that was not granted would be found as an open attempt, and counted as a repeat.
    assert Attempt.objects.filter(replays__gt=0).count() < len(cut)
    assert engine.control.figures().twice == 0
    assert check_figures(run=run) == []
