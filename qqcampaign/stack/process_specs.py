"""The processes of the stack: with which command each is started.

docker-compose.yml starts the same commands, a container each.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from pathlib import Path

from qqcampaign.stack.child import ProcessSpec

#: Longer than a lane's slice, so that a lane hands back in order.
WORKER_GRACE = 20.0
#: A lane waits most of its time; a greenlet that waits costs some 45 kB.
DEFAULT_CONCURRENCY = 500
_NOTHING: Mapping[str, str] = {}
DEMO_ACCOUNTS, DEMO_FRIENDS = 10, 200
#: Just below the pace of the demo's accounts: none of them is ever too fast.
DEMO_MIN_INTERVAL = 0.9


def node_name(kind: str, egress: str) -> str:
    """Return the Celery node name of a worker of this machine: worker-default@host."""
    return f"{kind}-{egress}@{platform.node() or 'localhost'}"


def worker_spec(
    *, egress: str, concurrency: int, environment: Mapping[str, str] = _NOTHING
) -> ProcessSpec:
    """Return the sending worker: its lanes are greenlets, so there may be many.

    Args:
        egress: the egress it serves; its queue is named after it.
        concurrency: how many lanes may send at the same time.
        environment: what it gets on top of ours.
    """
    return ProcessSpec(
        name="worker",
        argv=_celery_worker(
            *("--pool", "gevent", "--concurrency", str(concurrency)),
            *("-Q", f"egress.{egress}", "-n", node_name("worker", egress)),
        ),
        environment=environment,
        grace=WORKER_GRACE,
    )


def jobs_spec(*, egress: str, environment: Mapping[str, str] = _NOTHING) -> ProcessSpec:
    """Return the jobs worker: planning, imports and ticks, four at a time."""
    return ProcessSpec(
        name="jobs",
        argv=_celery_worker(
            *("--pool", "threads", "--concurrency", "4"),
            *("-Q", "jobs", "-n", node_name("jobs", egress)),
        ),
        environment=environment,
        grace=WORKER_GRACE,
    )


def beat_spec(*, home: Path, environment: Mapping[str, str] = _NOTHING) -> ProcessSpec:
    """Return the clock: it sends idempotent ticks, nothing else."""
    return ProcessSpec(
        name="beat",
        argv=(
            *(sys.executable, "-m", "celery", "-A", "qqcampaign", "beat"),
            *("--schedule", str(home / "beat_schedule"), "--pidfile", ""),
            *("--loglevel", "INFO"),
        ),
        environment=environment,
    )


def web_spec(
    *, bind: str = "", listener: int | None = None, environment: Mapping[str, str] = _NOTHING
) -> ProcessSpec:
    """Return the console, at an address or on a socket that listens already.

    Args:
        bind: ADDRESS:PORT.
        listener: the file descriptor of the socket, instead.
        environment: what it gets on top of ours.
    """
    return ProcessSpec(
        name="web",
        argv=(
            *(
                sys.executable,
                "-m",
                "gunicorn",
                "--config",
                "python:qqcampaign.stack.gunicorn_config",
            ),
            *("--bind", bind if listener is None else f"fd://{listener}"),
        ),
        environment=environment,
        inherits=() if listener is None else (listener,),
    )


def simulator_spec(*, home: Path, port: int) -> ProcessSpec:
    """Return the demo's gateway: ten accounts with two hundred friends each, always the same."""
    return ProcessSpec(
        name="simulator",
        argv=(
            *(sys.executable, "-m", "qqhttp.simulator", "--port", str(port)),
            *("--accounts", str(DEMO_ACCOUNTS), "--friends", str(DEMO_FRIENDS)),
            *("--min-interval", str(DEMO_MIN_INTERVAL)),
            *("--write-accounts", str(home / "demo_accounts.csv")),
            *("--write-contacts", str(home / "demo_contacts.csv")),
        ),
        stop_rank=1,
    )


def demo_spec(*, home: Path, environment: Mapping[str, str] = _NOTHING) -> ProcessSpec:
    """Return what fills an empty database with the demo; it runs once and ends."""
    return ProcessSpec(
        name="demo",
        argv=(
            *(sys.executable, "-m", "qqcampaign.stack.demo"),
            *(str(home / "demo_accounts.csv"), str(home / "demo_contacts.csv")),
        ),
        environment=environment,
    )


def _celery_worker(*arguments: str) -> tuple[str, ...]:
    return (
        *(sys.executable, "-m", "celery", "-A", "qqcampaign", "worker"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        *("--loglevel", "INFO"),
        *arguments,
    )
