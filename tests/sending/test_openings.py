"""Many accounts open together: each as it would alone, and the trouble of one is its own."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection

from accounts.gateway import conversation as conversation_module
from accounts.gateway.conversation import SessionRead
from accounts.gateway.login_steps import FRESH_SECONDS, LoginSteps
from accounts.gateway.sessions import AcceptedLogin, open_sessions
from accounts.leases import workers as workers_module
from accounts.leases.leases import Grant
from accounts.leases.take_leases import take_leases
from accounts.leases.workers import end_worker
from accounts.models import Account, AccountEvent, Lease, Session
from accounts.states import AccountState
from clocks import local, shared
from foundation import gathering
from qqhttp.simulator import GatewaySimulator
from sending.lanes import first_reads as first_reads_module
from sending.lanes import sender as sender_module
from sending.lanes.feed_sql import first_of_run, next_of_run
from sending.lanes.first_reads import FirstReads
from sending.ledger.entries import Mark
from sending.ledger.ledger import Ledger
from sending.models import Delivery, ResultPolicy
from sending.worker import openings as openings_module
from sending.worker import runtime as runtime_module
from tests.sending.conftest import (
    ACCOUNTS,
    FRIENDS,
    Start,
    assert_exact,
    is_finished,
    known_account,
    states_of,
)
from tests.sending.fenced_workers import a_worker, taken
from tests.sending.working import LocalWorker, wait_until

MANY = 200
WRONG = "0" * 32


def break_credential(account: Account) -> None:
    """Store a credential that cannot even be read: reading its row raises."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_account SET credential = 'é' WHERE id = %s", [account.pk])


@pytest.mark.slow
def test_an_account_whose_row_cannot_be_read_harms_none_of_200(
    engine: GatewaySimulator, start: Start, settings: Any
) -> None:
    with GatewaySimulator(accounts=MANY, friends=FRIENDS) as gateway:
        settings.QQ_GATEWAY_URL = gateway.url
        # Each lane is opened once: on a busy machine none may end because of a slow answer.
        settings.QQ_CONNECT_TIMEOUT = settings.QQ_READ_TIMEOUT = 30.0
        accounts = [known_account(number, friends=2) for number in range(MANY)]
        run = start(accounts=accounts)
        break_credential(accounts[MANY // 2])
        with LocalWorker(is_looking=False) as worker:
            for lane in [worker.open_lane(account) for account in accounts]:
                lane.join(120)
        # It was tried alone after its batch had failed, and was the only one that failed then.
        assert [type(death) for death in worker.deaths] == [UnicodeEncodeError]
        assert states_of(run) == {"sent": 2 * (MANY - 1), "pending": 2}
        lease = Lease.objects.get(account_id=accounts[MANY // 2].pk)
        assert (lease.worker_id, lease.token) == (None, 0)
        assert gateway.control.figures().twice == 0


@pytest.mark.slow
def test_lanes_that_open_together_read_nothing_alone(
    engine: GatewaySimulator, senders: list[Account], start: Start, monkeypatch: Any
) -> None:
    """Session, open attempts and standing come with the lease, for all of them at once."""
    alone: list[str] = []

    def note(owner: Any, name: str) -> None:
        real = getattr(owner, name)

        def noting(*args: Any, **given: Any) -> Any:
            alone.append(name)
            return real(*args, **given)

        monkeypatch.setattr(owner, name, noting)

    note(conversation_module, "usable_session")
    note(sender_module, "unsettled_attempts")
    note(LoginSteps, "read_standing")
    taken_together: list[int] = []
    real = take_leases

    def noting(**given: Any) -> Any:
        taken_together.append(len(given["account_ids"]))
        return real(**given)

    monkeypatch.setattr(openings_module, "take_leases", noting)
    monkeypatch.setattr(gathering, "GATHER_SECONDS", 0.3)
    run = start(accounts=senders)
    with LocalWorker(is_looking=False) as worker:
        with worker.runtime.openings.open(-1):
            pass  # so that the next ones are gathered
        for lane in [worker.open_lane(account) for account in senders]:
            lane.join(20)
    assert worker.deaths == []
    assert_exact(run, engine)
    assert taken_together == [1, ACCOUNTS]
    assert alone == []


@pytest.mark.slow
def test_a_lease_whose_lane_is_slow_to_begin_is_not_taken_for_forgotten(
    engine: GatewaySimulator, senders: list[Account], monkeypatch: Any
) -> None:
    monkeypatch.setattr(runtime_module, "FORGOTTEN_SECONDS", 0.2)
    lease = Lease.objects.filter(account=senders[0])
    with LocalWorker(is_looking=False) as worker:
        with worker.runtime.openings.open(senders[0].pk) as opening:
            assert opening is not None
            local.sleep(1.5)
            assert lease.held().exists()
        # Nothing runs for it now, and nothing handed it back.
        wait_until(lambda: not lease.held().exists(), what="the end of the forgotten lease")


@pytest.mark.slow
def test_lanes_for_which_nothing_could_be_read_read_for_themselves(
    engine: GatewaySimulator, senders: list[Account], start: Start, monkeypatch: Any
) -> None:
    def fail(**_given: Any) -> Any:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(first_reads_module, "first_of_each", fail)
    run = start(accounts=senders)
    with LocalWorker() as worker:
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert worker.deaths == []
    assert_exact(run, engine)


@pytest.mark.slow
def test_a_lane_that_begins_late_reads_again(
    engine: GatewaySimulator, senders: list[Account], start: Start, monkeypatch: Any
) -> None:
    """What was read long ago says nothing: here, that there are no deliveries and no session."""

    def long_ago(asked_at: float, session: SessionRead, *others: Any) -> FirstReads:
        then = asked_at - FRESH_SECONDS
        has_open_attempts, runs_changed, limit, deliveries = others
        nothing: dict[int, Any] = {run_id: [] for run_id in deliveries}
        return FirstReads(
            then, SessionRead(None, then), has_open_attempts, runs_changed, limit, nothing
        )

    run = start(accounts=senders[:1])
    worker = a_worker()
    login = AcceptedLogin(senders[0].pk, worker.egress_id, 60, 300)
    session = open_sessions([login])[0]
    end_worker(worker_id=worker.pk, reason="test")
    monkeypatch.setattr(first_reads_module, "FirstReads", long_ago)
    with LocalWorker() as looking:
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert looking.deaths == []
    assert_exact(run, engine)
    # It found the session, used it, and the gateway did not know it.
    assert Session.objects.get(pk=session.pk).end_reason == "RES=20"


@pytest.mark.slow
def test_what_an_earlier_lane_left_open_is_settled_before_anything_new(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    """It is read with the leases: one account that opens has an attempt without an answer."""
    run = start(accounts=senders[:2])
    worker = a_worker()
    grant = taken(senders[0], worker)
    ledger = Ledger(worker_id=worker.pk, linger=0.0)
    ledger.start()
    last = Delivery.objects.filter(run=run, account=senders[0]).order_by("-pk")[0]
    assert ledger.submit(Mark(last.pk, senders[0].pk, grant.token, grant.first_seq, None)).wait()
    ledger.close()
    end_worker(worker_id=worker.pk, reason="test")
    with LocalWorker() as looking:
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert looking.deaths == []
    assert_exact(run, engine)
    assert engine.control.messages(uin=senders[0].uin)[0].un == last.uin


@pytest.mark.slow
def test_a_login_after_a_long_wait_for_its_turn_asks_again(
    engine: GatewaySimulator, senders: list[Account], start: Start, settings: Any
) -> None:
    """The password is corrected while the lane waits for its turn to log in."""
    account, right = senders[0], senders[0].credential
    Account.objects.filter(pk=account.pk).update(credential=WRONG)
    run = start(accounts=[account])
    settings.QQ_LOGINS_PER_SECOND = 100.0
    with LocalWorker(is_looking=False) as worker:
        turns = worker.runtime.context.login_turns
        turns._next_at = local.elapsed() + FRESH_SECONDS + 2.0
        worker.open_lane(account)
        wait_until(lambda: worker.runtime.lanes, what="the lane")
        account.credential = right
        account.save(update_fields=["credential"])
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert worker.deaths == []
    assert engine.control.figures().logins.get("refused", 0) == 0
    assert_exact(run, engine)


@pytest.mark.slow
def test_a_lane_that_is_woken_does_not_log_in_before_its_pause_is_over(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    """What was read with the lease says that the account may log in; it serves for one login."""
    later = {"action": "later", "account_action": "none", "backoff_seconds": 30.0}
    ResultPolicy.objects.update_or_create(command="LOGIN", code="RS_*", defaults=later)
    Account.objects.filter(pk=senders[0].pk).update(credential=WRONG)
    start(accounts=senders[:1])
    with LocalWorker(is_looking=False) as worker:
        worker.open_lane(senders[0])
        wait_until(lambda: engine.control.figures().logins["refused"], what="the refusal")
        until = local.elapsed() + 1.5
        while local.elapsed() < until:
            worker.runtime.wake_all()
            local.sleep(0.02)
        assert engine.control.figures().logins["refused"] == 1
    assert worker.deaths == []


def test_what_was_read_holds_for_the_same_runs_and_for_a_moment() -> None:
    now = local.elapsed()
    reads = FirstReads(now, SessionRead(None, now), False, 3, 10, {1: []})
    assert reads.first(runs_changed=3, limit=10) == {1: []}
    assert reads.first(runs_changed=4, limit=10) is None
    assert reads.first(runs_changed=3, limit=11) is None
    old = replace(reads, asked_at=now - FRESH_SECONDS)
    assert (old.is_fresh, old.first(runs_changed=3, limit=10)) == (False, None)


@pytest.mark.slow
def test_two_workers_that_open_the_same_accounts_send_each_message_once(
    engine: GatewaySimulator, senders: list[Account], start: Start, monkeypatch: Any
) -> None:
    # Both live in this process, and the second must not take the first for its dead predecessor.
    monkeypatch.setattr(workers_module, "_is_running", lambda _pid: True)
    run = start(accounts=senders)
    with LocalWorker() as one, LocalWorker() as other:
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert one.deaths == other.deaths == []
    assert_exact(run, engine)
    assert not Lease.objects.held().exists()


@pytest.mark.django_db(transaction=True)
def test_a_standing_is_read_for_those_who_still_hold_their_lease(senders: list[Account]) -> None:
    dead = a_worker()
    grants = [taken(senders[3], dead)]
    end_worker(worker_id=dead.pk, reason="test")
    worker = a_worker()
    grants += [taken(account, worker) for account in senders[:3]]
    Lease.objects.filter(account=senders[1]).update(token=7)
    found: dict[int, Any] = {}
    steps = LoginSteps()

    def read(grant: Grant) -> None:
        try:
            found[grant.account_id] = steps.read_standing(grant)
        finally:
            connection.close()

    threads = [threading.Thread(target=read, args=(grant,)) for grant in grants]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [found[account.pk] is not None for account in senders] == [True, False, True, False]
    assert found[senders[0].pk].credential == senders[0].credential


@pytest.mark.django_db
def test_sessions_that_are_opened_together(senders: list[Account]) -> None:
    worker = a_worker()
    logins = [AcceptedLogin(account.pk, worker.egress_id, None, 120) for account in senders]
    first = open_sessions(logins[:1])[0]
    new, resting, waited = senders[1:]
    Account.objects.filter(pk=resting.pk).update(state=AccountState.RESTING)
    Lease.objects.filter(account=waited).update(login_failures=3, login_not_before=shared.now())
    events = AccountEvent.objects.count()
    sessions = open_sessions(logins)
    assert [session.account_id for session in sessions] == [account.pk for account in senders]
    assert [(one.heartbeat_seconds, one.idle_seconds) for one in sessions] == [(60, 120)] * ACCOUNTS
    open_ones = Session.objects.filter(ended_at=None)
    assert set(open_ones.values_list("pk", flat=True)) == {session.pk for session in sessions}
    first.refresh_from_db()
    assert first.ended_at is not None
    states = dict(Account.objects.values_list("pk", "state"))
    assert states[resting.pk] == AccountState.RESTING
    assert {states[one.pk] for one in (senders[0], new, waited)} == {AccountState.ONLINE}
    # Only those whose state changed have an entry: the first one was online.
    assert AccountEvent.objects.count() == events + 2
    lease = Lease.objects.get(account=waited)
    assert (lease.login_failures, lease.login_not_before) == (0, None)


@pytest.mark.django_db
def test_the_first_deliveries_of_many_are_those_of_each(
    senders: list[Account], start: Start
) -> None:
    run = start(accounts=senders)
    late = list(Delivery.objects.filter(run=run, account=senders[0]).order_by("pk")[:3])
    Delivery.objects.filter(pk__in=[one.pk for one in late]).update(
        not_before=shared.now() + timedelta(days=1)
    )
    Delivery.objects.filter(run=run, account=senders[1]).update(rank=1)
    Delivery.objects.filter(run=run, account=senders[1], uin__gte=late[0].uin + FRIENDS + 6).update(
        rank=-1
    )
    Delivery.objects.filter(run=run, account=senders[2]).update(state="sent")
    limits = {account.pk: most for account, most in zip(senders, (5, 50, 5, 1), strict=True)}
    for holds_rest in (False, True):
        given: dict[str, Any] = {"run_id": run.pk, "now": shared.now(), "holds_rest": holds_rest}
        found = first_of_run(limits=limits, **given)
        assert found == {
            account_id: next_of_run(account_id=account_id, limit=limit, **given)
            for account_id, limit in limits.items()
        }
        assert [len(found[account.pk]) for account in senders][2:] == [0, 1]
