"""A database that commits and cannot say so, or refuses writes for reasons of its own."""

from __future__ import annotations

import time
from functools import partial

from tests.black_box.behaviour import Manners
from tests.black_box.history import Rules
from tests.black_box.population import World
from tests.torture.harness import Stage
from tests.torture.scenarios.scenario import Scenario

WINDOW = 40.0
#: A run of about a minute: lanes live on for longer than the window less its margin.
WORLD, GAP = World(6, 100), 0.6
#: The gateway takes so long to answer, so that answers come while the database refuses.
DELAY = 0.3
ATTEMPTS = b"campaigns_attempt"


def _open(stage: Stage, *, is_proxied: bool = False) -> None:
    stage.open(
        WORLD,
        manners=Manners(seq_window=WINDOW),
        database="postgresql",
        is_proxied=is_proxied,
        min_interval=GAP,
        env={"QQ_GATEWAY_REPLAY_WINDOW": f"{WINDOW:g}"},
    )
    stage.campaign("one")
    stage.under_way(30)


def _judge(stage: Stage) -> None:
    stage.finish(seconds=100)
    rules = Rules(window=WINDOW, gaps=dict.fromkeys(WORLD.uins, GAP))
    stage.judge("one", rules=rules)
    stage.accounts_are_well()


def _cut(stage: Stage, *, of: bytes, share: float, seconds: float) -> None:
    _open(stage, is_proxied=True)
    assert stage.proxy is not None
    stage.proxy.cut_commits(of=of, share=share)
    time.sleep(seconds)
    stage.proxy.cut_nothing()
    stage.notes.append(f"{stage.proxy.cut} commits cut")
    stage.expect(stage.proxy.cut, "no commit was cut: the scenario has tested nothing")
    _judge(stage)


def _read_only(stage: Stage, *, ends_connections: bool) -> None:
    _open(stage)
    stage.gateway.manners.delay = DELAY
    for _ in range(3):
        stage.set_server("default_transaction_read_only", "on")
        if ends_connections:
            stage.end_connections()
        time.sleep(4)
        stage.set_server("default_transaction_read_only", None)
        stage.under_way(20)
    _judge(stage)


def _many_refusals(stage: Stage) -> None:
    """Everything that an administrator or a busy server may do to a transaction, in turn."""
    _open(stage, is_proxied=True)
    stage.gateway.manners.delay = DELAY
    assert stage.proxy is not None
    for name in ("statement_timeout", "transaction_timeout"):
        stage.set_server(name, "1ms")
        time.sleep(3)
        stage.set_server(name, None)
        stage.under_way(10)
    stage.set_server("lock_timeout", "50ms")
    with stage.locked("campaigns_attempt"):
        time.sleep(3)
    stage.set_server("lock_timeout", None)
    stage.under_way(10)
    for _ in range(5):
        stage.end_connections()
        time.sleep(0.5)
    stage.under_way(10)
    stage.set_server("default_transaction_isolation", "serializable")
    stage.under_way(30)
    stage.set_server("default_transaction_isolation", None)
    stage.proxy.stand_still()  # a transaction under way is idle for longer than it may be
    time.sleep(12)
    stage.proxy.go_on()
    _judge(stage)


HOLDS = "0 unknown, 0 lost, 0 twice"
SCENARIOS = (
    Scenario(
        "commits_cut_marks",
        f"the answers to some commits of marks are lost: {HOLDS}",
        partial(_cut, of=ATTEMPTS, share=0.08, seconds=15.0),
    ),
    Scenario(
        "commits_cut_all",
        f"the answers to some commits of any part are lost: {HOLDS}",
        partial(_cut, of=b"", share=0.05, seconds=20.0),
    ),
    Scenario(
        "read_only",
        f"PostgreSQL is read-only for 4 s, three times: {HOLDS}",
        partial(_read_only, ends_connections=False),
    ),
    Scenario(
        "switchover",
        f"the same, and every connection is ended: {HOLDS}",
        partial(_read_only, ends_connections=True),
    ),
    Scenario("refusals", f"timeouts, locks, ends of connections in turn: {HOLDS}", _many_refusals),
)
