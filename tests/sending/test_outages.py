"""Failures of the gateway, the network or the database cost no account and no message."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, OperationalError, connection, transaction

from accounts.gateway import logins
from accounts.models import Account, Egress, Outage
from campaigns.run_control.lifecycle import pause_run, resume_run
from clocks import local
from foundation.failures import is_shared_failure
from foundation.refusals import Refusal
from qqhttp.simulator import GatewaySimulator
from sending.lanes import gateway_watch
from sending.lanes.gateway_watch import LONGEST_PAUSE_SECONDS, GatewayWatch
from sending.lanes.pacing import LanePacing
from sending.models import Attempt, ResultPolicy
from tests.sending.conftest import ACCOUNTS, FRIENDS, Start, assert_exact, is_finished, states_of
from tests.sending.working import LocalWorker, wait_until

# --- logins ---------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault",
    [
        "http:before",
        pytest.param("reset:before", marks=pytest.mark.exhaustive),
        pytest.param("empty:before", marks=pytest.mark.exhaustive),
        "hang:before",
    ],
)
def test_a_gateway_that_answers_no_logins_costs_no_account(
    engine: GatewaySimulator, senders: list[Account], start: Start,
    monkeypatch: pytest.MonkeyPatch, settings: Any, fault: str,
) -> None:  # fmt: skip
    """Logins fail a dozen times; then everything is sent, without an operator."""
    monkeypatch.setattr(logins, "SHORTEST_LOGIN_PAUSE_SECONDS", 0.05)
    ResultPolicy.objects.filter(command="LOGIN", code="*").update(
        backoff_seconds=0.05, backoff_factor=1
    )
    monkeypatch.setattr("sending.lanes.gateway_watch.LONGEST_PAUSE_SECONDS", 0.2)
    monkeypatch.setattr("sending.lanes.gateway_watch.FIRST_PAUSE_SECONDS", 0.05)
    settings.QQ_READ_TIMEOUT = 0.2
    engine.control.set_faults(f"{fault},command=Login")
    run = start(accounts=senders)
    with LocalWorker() as worker:
        wait_until(lambda: engine.control.faults()[0]["fired"] >= 12, what="a dozen failed logins")
        assert Outage.objects.filter(ended_at=None).count() == 1
        engine.control.set_faults()
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert worker.deaths == []
    assert states_of(run) == {"sent": ACCOUNTS * FRIENDS}
    assert set(Account.objects.values_list("state", flat=True)) == {"online"}
    assert not Outage.objects.filter(ended_at=None).exists()
    assert_exact(run, engine)


@pytest.mark.slow
def test_logins_are_probed_by_one(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    engine.control.set_faults("http:before,command=Login")
    start(accounts=senders)
    with LocalWorker():
        time.sleep(6.0)
        tries = engine.control.faults()[0]["fired"]
    # All at once at first; then one after 0.5, 1, 2 and 4 seconds.
    assert ACCOUNTS <= tries <= ACCOUNTS + 5


@pytest.mark.slow
def test_one_account_whose_logins_fail_keeps_no_other_from_it(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    engine.control.set_faults(f"reset:before,command=Login,uin={senders[0].uin}")
    run = start(accounts=senders)
    with LocalWorker():
        wait_until(
            lambda: states_of(run).get("sent") == (ACCOUNTS - 1) * FRIENDS, what="the others"
        )
        engine.control.set_faults()
        wait_until(lambda: is_finished(run), what="the end of the run", seconds=60)
    assert_exact(run, engine)


# --- answers --------------------------------------------------------------------------------


@pytest.mark.slow
def test_unknown_stays_zero_while_the_gateway_remembers(
    engine: GatewaySimulator, senders: list[Account], start: Start, settings: Any
) -> None:
    """HTTP 5xx for longer than the tries of any policy."""
    _hurry()
    settings.QQ_GATEWAY_REPLAY_WINDOW = 600
    engine.control.set_faults("http:before,command=CLTMSG,status=503")
    run = start(accounts=senders)
    with LocalWorker():
        wait_until(
            lambda: engine.control.faults()[0]["fired"] >= 15 * ACCOUNTS, what="many repeats"
        )
        assert states_of(run).get("unknown", 0) == 0
        assert Attempt.objects.count() == ACCOUNTS  # nothing new was begun meanwhile
        engine.control.set_faults()
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert states_of(run) == {"sent": ACCOUNTS * FRIENDS}
    assert_exact(run, engine)


@pytest.mark.slow
def test_a_message_without_an_answer_does_not_block_others(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    """The gateway fails on one text; the account's other messages do not wait ten minutes."""
    _hurry()
    run = start(accounts=senders[:2])
    odd = run.deliveries.order_by("pk")[0]
    engine.control.set_faults(f"empty:before,command=CLTMSG,un={odd.uin}")
    with LocalWorker():
        wait_until(lambda: states_of(run).get("sent") == 2 * FRIENDS - 1, what="all others")
        assert states_of(run)["sending"] == 1
        engine.control.set_faults()
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert_exact(run, engine)


@pytest.mark.slow
def test_wake_ups_shorten_no_wait_before_a_repeat(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    engine.control.set_faults(f"empty:before,command=CLTMSG,uin={senders[0].uin}")
    run = start(accounts=senders[:1])
    other = start(accounts=senders[1:2], name="other")
    asked: list[float] = []
    with LocalWorker() as worker:
        deadline = time.monotonic() + 30.0
        while len(asked) < 3 and time.monotonic() < deadline:
            time.sleep(0.02)
            worker.runtime.wake_all()
            if engine.control.faults()[0]["fired"] > len(asked):
                asked.append(time.monotonic())
            with contextlib.suppress(Refusal):  # it may end at any moment
                pause_run(run=other)
                resume_run(run=other)
        engine.control.set_faults()
        wait_until(lambda: is_finished(run), what="the end of the run", seconds=60)
    gaps = [after - before for before, after in pairwise(asked)]
    # A look every 20 ms or so; a busy machine makes a gap longer, and none shorter.
    assert len(gaps) == 2, gaps
    assert gaps[0] >= 0.7, gaps
    assert gaps[1] >= 1.7, gaps


@pytest.mark.slow
def test_resets_begin_one_outage_and_only_an_answer_ends_it(
    engine: GatewaySimulator, senders: list[Account], start: Start
) -> None:
    _hurry()
    engine.control.set_faults("reset:before,command=CLTMSG")
    run = start(accounts=senders)
    with LocalWorker():
        wait_until(lambda: engine.control.faults()[0]["fired"] >= 20, what="resets")
        engine.control.go_offline(seconds=1.0)
        time.sleep(1.5)
        engine.control.set_faults()
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert Outage.objects.count() == 1
    assert_exact(run, engine)


def _hurry() -> None:
    """Make the pauses between repeats short."""
    for code in ("NULL", "reset", "HTTP_*"):
        ResultPolicy.objects.update_or_create(
            command="CLTMSG",
            code=code,
            defaults={"action": "replay", "backoff_seconds": 0.05, "backoff_longest": 0.1},
        )


# --- the watch ------------------------------------------------------------------------------


@pytest.mark.django_db
def test_probes_grow_to_half_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(local, "elapsed", lambda: now[0])
    watch = GatewayWatch(egress_id=0, on_return=lambda: None)
    monkeypatch.setattr(watch, "_begin_outage", lambda _sentence: None)
    monkeypatch.setattr(watch, "_end_outage", lambda: None)
    watch.note_unreachable("away", asked_at=now[0])
    watch.note_unreachable("away", asked_at=now[0] - 1.0)  # it was under way already
    probes = []
    while now[0] < 400.0:
        if wait := watch.seconds_to_wait():
            now[0] += wait
            continue
        probes.append(now[0])
        now[0] += 0.01
        watch.note_unreachable("away", asked_at=probes[-1])
    gaps = [after - before for before, after in pairwise(probes)]
    assert gaps[:4] == pytest.approx([1.0, 2.0, 4.0, 8.0], abs=0.1)
    assert gaps[-1] == pytest.approx(LONGEST_PAUSE_SECONDS, abs=0.1)
    watch.note_answered(is_message=True)
    assert watch.seconds_to_wait() == 0.0
    assert not watch.is_away


@pytest.mark.both_databases
@pytest.mark.django_db
@pytest.mark.parametrize("refused", ["begin_outage", "end_outage"])
def test_what_the_database_refused_about_an_outage_is_written_later(
    monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    """No further answer may come that would note it."""
    write, calls = getattr(gateway_watch, refused), []

    def locked_at_first(**arguments: Any) -> None:
        calls.append(arguments)
        if len(calls) == 1:
            raise OperationalError("database is locked")
        write(**arguments)

    monkeypatch.setattr(gateway_watch, refused, locked_at_first)
    egress = Egress.objects.create(name="somewhere")
    watch = GatewayWatch(egress_id=egress.pk, on_return=lambda: None)
    watch.note_unreachable("away", asked_at=local.elapsed())
    if refused == "end_outage":
        watch.note_answered()
    open_outages = Outage.objects.filter(ended_at=None)
    assert open_outages.exists() == (refused == "end_outage")
    watch.record_again()
    assert open_outages.exists() == (refused == "begin_outage")


def test_a_pause_lasts_as_long_as_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    pacing: LanePacing = LanePacing.__new__(LanePacing)
    pacing.wake, checks = threading.Event(), []
    pacing._check = lambda: checks.append(1)
    stop = threading.Event()

    def wake() -> None:
        while not stop.wait(0.02):
            pacing.wake.set()

    waker = threading.Thread(target=wake)
    waker.start()
    began = local.elapsed()
    pacing.pause(0.5)
    took = local.elapsed() - began
    stop.set()
    waker.join()
    assert took >= 0.5
    assert len(checks) > 5  # it checked each time whether the lane must end


# --- the database ---------------------------------------------------------------------------

#: Statements that provoke an error of the server, and whether the error is about the row.
ERRORS = {
    "a text too long": ("INSERT INTO t (s) VALUES ('12345')", True),
    "no number": ("INSERT INTO t (n) VALUES (CAST('x' AS integer))", True),
    "a number too large": ("INSERT INTO t (n) VALUES (99999999999)", True),
    "a NUL": ("INSERT INTO t (s) VALUES (convert_from('\\x00', 'UTF8'))", True),
    "twice": ("INSERT INTO t (id) VALUES (1), (1)", True),
    "nothing where something must be": ("INSERT INTO t (id) VALUES (NULL)", True),
    "a check": ("INSERT INTO t (n) VALUES (-1)", True),
    "read-only": ("SET TRANSACTION READ ONLY; INSERT INTO t (n) VALUES (1)", False),
    "a statement too slow": ("SET LOCAL statement_timeout = 10; SELECT pg_sleep(5)", False),
    "a lock": ("SET LOCAL lock_timeout = 10; LOCK TABLE locked", False),
    "no table": ("INSERT INTO nowhere (n) VALUES (1)", False),
    "no such column": ("INSERT INTO t (missing) VALUES (1)", False),
    "not allowed": ("SET LOCAL ROLE pg_monitor; INSERT INTO t (n) VALUES (1)", False),
    "terminated": ("SELECT pg_terminate_backend(pg_backend_pid())", False),
    "cancelled": ("SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(1)", False),
    "raised": ("DO $$ BEGIN RAISE EXCEPTION 'no'; END $$", False),
    "out of disk": (
        "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$", False,
    ),
    "serialization": (
        "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'serialization_failure'; END $$", False,
    ),
    "idle": (
        "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'idle_in_transaction_session_timeout'; END $$",
        False,
    ),
    "shutting down": (
        "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'admin_shutdown'; END $$", False,
    ),
}  # fmt: skip


@pytest.fixture
def tables(transactional_db: None) -> Iterator[None]:
    if connection.vendor != "postgresql":
        pytest.skip("SQLSTATE is PostgreSQL's")
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE t (id integer PRIMARY KEY DEFAULT 0, s varchar(4), "
            "n integer CHECK (n >= 0)); CREATE TABLE locked (id integer)"
        )
    with psycopg.connect(**_parameters()) as other:
        other.execute("LOCK TABLE locked IN ACCESS EXCLUSIVE MODE")
        yield
        other.rollback()
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE t, locked")


def _parameters() -> dict[str, Any]:
    given = connection.get_connection_params()
    return {
        key: given[key] for key in ("dbname", "user", "password", "host", "port") if given.get(key)
    }


@pytest.mark.both_databases
@pytest.mark.parametrize("name", ERRORS)
def test_an_error_of_the_server_is_about_the_row_or_not(tables: None, name: str) -> None:
    statement, expected = ERRORS[name]
    with (
        pytest.raises(DatabaseError) as caught,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert is_shared_failure(caught.value) is not expected, caught.value
    connection.close()


@pytest.mark.parametrize("problem", [ValueError("NUL"), OverflowError("64 bits"), TypeError("?")])
def test_an_error_of_the_driver_is_about_the_row(problem: Exception) -> None:
    assert not is_shared_failure(problem)


@pytest.mark.django_db
def test_a_sqlite_that_cannot_write_is_not_about_the_row() -> None:
    from django.db import IntegrityError, OperationalError

    assert is_shared_failure(OperationalError("attempt to write a readonly database"))
    assert is_shared_failure(OperationalError("database or disk is full"))
    assert not is_shared_failure(IntegrityError("UNIQUE constraint failed"))
