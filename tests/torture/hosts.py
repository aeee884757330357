"""Runs each part with `manage.py serve KIND` on a simulated host, as containers do."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping

from qqcampaign.environment import socket_path
from tests.black_box.behaviour import Behaviour
from tests.black_box.population import Population, import_population
from tests.servers import running_redis
from tests.torture.harness import Harness
from tests.torture.host_clocks import HostClock

KINDS = ("worker", "jobs", "beat")
#: Seconds that a worker may take to start.
START_SECONDS = 60.0


def open_hosts(
    harness: Harness,
    population: Population,
    *,
    clocks: Mapping[str, HostClock] | None = None,
    behaviour: Behaviour | None = None,
    min_interval: float = 0.2,
    env: Mapping[str, str] | None = None,
) -> dict[str, subprocess.Popen[bytes]]:
    """Start PostgreSQL, Redis and a host for each part, and import the population.

    Args:
        harness: the harness.
        population: accounts and people.
        clocks: the hosts' clocks by part; a host without one has the right time.
        behaviour: the gateway's.
        min_interval: of the accounts, seconds.
        env: more environment variables of all hosts.

    Returns:
        The processes by part.
    """
    env = {**(env or {}), "EGRESS_NAME": "default"}
    harness.start_servers(population, behaviour=behaviour, database="postgresql", env=env)
    result = harness.operator.manage("migrate", "--noinput")
    assert result.status == 0, result
    harness.exit_stack.enter_context(running_redis(socket_path(harness.operator.home)))
    given = clocks or {}
    processes = {kind: start_host(harness, kind, clock=given.get(kind)) for kind in KINDS}
    harness.wait_until(
        lambda: "Serving egress" in harness.operator.logs(),
        seconds=START_SECONDS,
        what="the worker's start",
    )
    import_population(harness.operator, population, min_interval=min_interval)
    return processes


def start_host(
    harness: Harness, kind: str, *, clock: HostClock | None = None, name: str = ""
) -> subprocess.Popen[bytes]:
    """Start one part on a host of its own.

    Args:
        harness: the harness.
        kind: the part.
        clock: the host's; None: it has the right time.
        name: of the log, if the part runs twice.
    """
    logs = harness.operator.home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    own = clock.env if clock is not None else {}
    with (logs / f"{name or kind}.log").open("ab") as log:
        process = subprocess.Popen(
            [harness.operator.python, "manage.py", "serve", kind],
            cwd=harness.operator.root,
            env={**harness.operator.env, **own},
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    harness.exit_stack.callback(_end, process)
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
