"""The command and environment of each process of the stack but Redis (`redis_server.py`).

docker-compose.yml runs the same commands for web, worker, jobs and beat, one in each container
(`manage.py serve`).
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from pathlib import Path

from foundation.names import name_key
from qqcampaign.stack.child import ProcessSpec

#: Seconds after SIGTERM in which lanes finish their request and return their leases.
WORKER_GRACE = 20.0
#: Number of lanes. Each is a greenlet that mostly waits and needs about 45 kB.
DEFAULT_CONCURRENCY = 500
_NOTHING: Mapping[str, str] = {}
DEMO_ACCOUNTS, DEMO_FRIENDS = 10, 200
#: The shortest interval that the demo's gateway accepts, seconds. It is less than the accounts' gap
#: of a second, so the gateway never answers that they are too fast.
DEMO_MIN_INTERVAL = 0.9


def node_name(kind: str, egress: str) -> str:
    """Return the Celery node name of a worker on this machine, such as worker-default@host."""
    return f"{kind}-{egress}@{platform.node() or 'localhost'}"


def worker_spec(
    *, egress: str, concurrency: int, environment: Mapping[str, str] = _NOTHING
) -> ProcessSpec:
    """Return the spec of the sending worker, which runs its lanes as greenlets.

    Args:
        egress: the name of its egress, and part of its queue's name.
        concurrency: maximum number of lanes at the same time.
        environment: variables added to our own environment.
    """
    return ProcessSpec(
        name="worker",
        argv=_celery_worker(
            *("--pool", "gevent", "--concurrency", str(concurrency)),
            *("-Q", f"egress.{name_key(egress)}", "-n", node_name("worker", egress)),
        ),
        environment=environment,
        grace=WORKER_GRACE,
    )


def jobs_spec(*, egress: str, environment: Mapping[str, str] = _NOTHING) -> ProcessSpec:
    """Return the spec of the jobs worker: planning, imports and periodic tasks, four at a time."""
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
    """Return the spec of beat, which sends the periodic tasks."""
    return ProcessSpec(
        name="beat",
        argv=(
            *(sys.executable, "-m", "celery", "-A", "qqcampaign", "--quiet", "beat"),
            *("--schedule", str(home / "beat_schedule"), "--pidfile", ""),
            *("--loglevel", "INFO"),
        ),
        environment=environment,
    )


def web_spec(
    *, bind: str = "", listener: int | None = None, environment: Mapping[str, str] = _NOTHING
) -> ProcessSpec:
    """Return the spec of the console's web server, on an address or an open socket.

    Args:
        bind: ADDRESS:PORT.
        listener: the file descriptor of the socket; replaces `bind`.
        environment: variables added to our own environment.
    """
    return ProcessSpec(
        name="web",
        argv=(
            *(sys.executable, "-m", "qqcampaign.web.server"),
            *(("--bind", bind) if listener is None else ("--listener", str(listener))),
        ),
        environment=environment,
        inherits=() if listener is None else (listener,),
    )


def simulator_spec(*, home: Path, port: int) -> ProcessSpec:
    """Return the spec of the demo's gateway. Its accounts and friends are always the same."""
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
    """Return the spec of the process that creates the demo data and then ends."""
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
        *(sys.executable, "-m", "celery", "-A", "qqcampaign", "--quiet", "worker"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        *("--loglevel", "INFO"),
        *arguments,
    )
