"""Hosts of their own: `manage.py serve KIND` for each part, as containers run it."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping

from qqcampaign.environment import socket_path
from tests.black_box.behaviour import Behaviour
from tests.black_box.population import Population, import_population
from tests.servers import running_redis
from tests.torture.harness import NOTHING, Harness
from tests.torture.host_clocks import HostClock

KINDS = ("worker", "jobs", "beat")
#: How long a worker may take until it serves.
PATIENCE = 60.0


def open_hosts(
    harness: Harness,
    population: Population,
    *,
    clocks: Mapping[str, HostClock] | None = None,
    behaviour: Behaviour | None = None,
    min_interval: float = 0.2,
    env: Mapping[str, str] = NOTHING,
) -> dict[str, subprocess.Popen[bytes]]:
    """Start PostgreSQL, Redis and a host for each part; import the world; return the processes.

    Args:
        stage: the stage.
        world: accounts and people.
        clocks: the hosts' clocks by part; one without has the right time.
        manners: the gateway's.
        min_interval: of the accounts.
        env: of all hosts.
    """
    env = {**env, "EGRESS_NAME": "default"}
    harness.prepare(population, behaviour=behaviour, database="postgresql", env=env)
    result = harness.operator.manage("migrate", "--noinput")
    assert result.status == 0, result
    harness.exit_stack.enter_context(running_redis(socket_path(harness.operator.home)))
    given = clocks or {}
    processes = {kind: start_host(harness, kind, clock=given.get(kind)) for kind in KINDS}
    harness.wait_until(
        lambda: "Serving egress" in harness.operator.logs(),
        seconds=PATIENCE,
        what="the worker's start",
    )
    import_population(harness.operator, population, min_interval=min_interval)
    return processes


def start_host(
    harness: Harness, kind: str, *, clock: HostClock | None = None, name: str = ""
) -> subprocess.Popen[bytes]:
    """Start one part on a host of its own.

    Args:
        stage: the stage.
        kind: the part.
        clock: the host's; None: it has the right time.
        name: of the log, when there are two of a kind.
    """
    logs = harness.operator.home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    own = clock.env if clock is not None else NOTHING
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
