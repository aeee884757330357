"""Commits whose reply is lost, and writes that the database refuses."""

from __future__ import annotations

import time
from functools import partial

from tests.black_box.behaviour import Behaviour
from tests.black_box.history import Rules
from tests.black_box.population import Population
from tests.torture.harness import Harness
from tests.torture.scenarios.scenario import Scenario

WINDOW = 40.0
#: A run of about a minute: lanes live longer than the window less its margin.
POPULATION, GAP = Population(6, 100), 0.6
#: Seconds that the gateway takes to answer, so that answers arrive while the database refuses.
DELAY = 0.3
ATTEMPTS = b"sending_attempt"


def _open(harness: Harness, *, is_proxied: bool = False) -> None:
    harness.start(
        POPULATION,
        behaviour=Behaviour(seq_window=WINDOW),
        database="postgresql",
        is_proxied=is_proxied,
        min_interval=GAP,
        env={"QQ_GATEWAY_REPLAY_WINDOW": f"{WINDOW:g}"},
    )
    harness.campaign("one")
    harness.wait_for_messages(30)


def _check(harness: Harness) -> None:
    harness.wait_for_finish(seconds=100)
    rules = Rules(window=WINDOW, gaps=dict.fromkeys(POPULATION.uins, GAP))
    harness.check("one", rules=rules)
    harness.expect_healthy_accounts()


def _cut(harness: Harness, *, of: bytes, share: float, seconds: float) -> None:
    _open(harness, is_proxied=True)
    assert harness.proxy is not None
    harness.proxy.cut_commits(of=of, share=share)
    time.sleep(seconds)
    harness.proxy.cut_nothing()
    harness.notes.append(f"{harness.proxy.cut} commits cut")
    harness.expect(harness.proxy.cut, "no commit was cut: nothing was tested")
    _check(harness)


def _read_only(harness: Harness, *, ends_connections: bool) -> None:
    _open(harness)
    harness.gateway.behaviour.delay = DELAY
    for _ in range(3):
        harness.set_server("default_transaction_read_only", "on")
        if ends_connections:
            harness.end_connections()
        time.sleep(4)
        harness.set_server("default_transaction_read_only", None)
        harness.wait_for_messages(20)
    _check(harness)


def _many_refusals(harness: Harness) -> None:
    """Interrupt transactions in every way that an administrator or a busy server can, in turn."""
    _open(harness, is_proxied=True)
    harness.gateway.behaviour.delay = DELAY
    assert harness.proxy is not None
    for name in ("statement_timeout", "transaction_timeout"):
        harness.set_server(name, "1ms")
        time.sleep(3)
        harness.set_server(name, None)
        harness.wait_for_messages(10)
    harness.set_server("lock_timeout", "50ms")
    with harness.locked("sending_attempt"):
        time.sleep(3)
    harness.set_server("lock_timeout", None)
    harness.wait_for_messages(10)
    for _ in range(5):
        harness.end_connections()
        time.sleep(0.5)
    harness.wait_for_messages(10)
    harness.set_server("default_transaction_isolation", "serializable")
    harness.wait_for_messages(30)
    harness.set_server("default_transaction_isolation", None)
    harness.proxy.stand_still()  # an open transaction is idle for longer than it may be
    time.sleep(12)
    harness.proxy.go_on()
    _check(harness)


EXPECTATION = "0 unknown, 0 lost, 0 twice"
SCENARIOS = (
    Scenario(
        "commits_cut_marks",
        f"the answers to some commits of marks are lost: {EXPECTATION}",
        partial(_cut, of=ATTEMPTS, share=0.08, seconds=15.0),
    ),
    Scenario(
        "commits_cut_all",
        f"the answers to some commits of any part are lost: {EXPECTATION}",
        partial(_cut, of=b"", share=0.05, seconds=20.0),
    ),
    Scenario(
        "read_only",
        f"PostgreSQL is read-only for 4 s, three times: {EXPECTATION}",
        partial(_read_only, ends_connections=False),
    ),
    Scenario(
        "switchover",
        f"the same, and every connection is ended: {EXPECTATION}",
        partial(_read_only, ends_connections=True),
    ),
    Scenario(
        "refusals", f"timeouts, locks, ends of connections in turn: {EXPECTATION}", _many_refusals
    ),
)
