"""The database as the migrations leave it: made once, and copied for each process and each stack.

Applying the migrations takes five seconds of CPU; a copy takes none. The first process that needs
the database makes it. On SQLite it is a file in `.pytest_cache`, used until the code changes; on
PostgreSQL a database of the server, removed by the last process that uses it.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import hashlib
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from django.conf import settings
from django.db import connection

from tests.servers import new_database, running_postgresql

ROOT = Path(__file__).resolve().parent.parent
#: Where the SQLite file is kept; `make clean` removes it.
FOLDER = ROOT / ".pytest_cache" / "migrated"
#: What the migrations, and what runs after them, are made of: everything but these folders.
NOT_CODE = {"tests", "benchmarks", "docs", "deploy", "var", "staticfiles", "site", "screenshots"}
SUFFIXES = {".py", ".mo", ".txt", ".csv"}
#: Keys of locks on a PostgreSQL server: one to make or remove the database, held for moments; one
#: that each process holds, shared, as long as it uses the database.
MAKING, USING = 20_261_128, 20_261_129


class MigratedDatabase:
    """The migrated database, and the test database of this process, which is a copy of it.

    Args:
        folder: this process's own; on SQLite it holds a further copy, which no other run removes.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "migrated.sqlite3"
        self._template = f"qqcampaign_migrated_{code_hash()}"

    @contextlib.contextmanager
    def test_database(self) -> Iterator[None]:
        """Make the test database, let Django use it, and remove it."""
        before = connection.settings_dict["NAME"]
        kind = self._on_sqlite if connection.vendor == "sqlite" else self._on_postgresql
        with kind(connection.creation._get_test_db_name()):  # type: ignore[attr-defined]
            yield
            connection.creation.destroy_test_db(before, verbosity=0)

    def copy_to(self, path: Path) -> None:
        """Make an SQLite database at a path."""
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self._file, path)

    @contextlib.contextmanager
    def new_postgresql(self, server_url: str, name: str) -> Iterator[str]:
        """Create a PostgreSQL database, yield its URL, and drop it."""
        with new_database(server_url, name, template=self._template) as url:
            yield url

    @contextlib.contextmanager
    def _on_sqlite(self, name: str) -> Iterator[None]:
        FOLDER.mkdir(parents=True, exist_ok=True)
        kept = kept_file()
        with (FOLDER / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if kept.exists():
                shutil.copyfile(kept, name)
                _use(name)
            else:
                _migrate()
                for old in FOLDER.glob("*.sqlite3"):
                    old.unlink()
                unfinished = kept.with_suffix(".unfinished")
                unfinished.unlink(missing_ok=True)
                connection.ensure_connection()
                with contextlib.closing(sqlite3.connect(unfinished)) as copy:
                    connection.connection.backup(copy)
                unfinished.rename(kept)
            shutil.copyfile(kept, self._file)
        yield
        self._file.unlink()

    @contextlib.contextmanager
    def _on_postgresql(self, name: str) -> Iterator[None]:
        with running_postgresql() as url, psycopg.connect(url, autocommit=True) as server:
            server.execute("SELECT pg_advisory_lock(%s)", [MAKING])
            if not _exists(server, self._template):
                _migrate()
                _close()
                server.execute(f'CREATE DATABASE "{self._template}" TEMPLATE "{name}"')
            else:
                server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
                server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{self._template}"')
                _use(name)
            server.execute("SELECT pg_advisory_lock_shared(%s)", [USING])
            server.execute("SELECT pg_advisory_unlock(%s)", [MAKING])
            yield
            server.execute("SELECT pg_advisory_lock(%s)", [MAKING])
            server.execute("SELECT pg_advisory_unlock_shared(%s)", [USING])
            if _scalar(server, "SELECT pg_try_advisory_lock(%s)", USING):
                server.execute(f'DROP DATABASE IF EXISTS "{self._template}" WITH (FORCE)')


def kept_file() -> Path:
    """Return the path of the SQLite file; there is none before a run on SQLite has made it."""
    return FOLDER / f"{code_hash()}.sqlite3"


@functools.cache
def code_hash(root: Path = ROOT) -> str:
    """Return a hash of all that decides what the migrated database contains."""
    found = hashlib.sha256(sys.version.encode())
    for folder, folders, files in os.walk(root):
        is_root = Path(folder) == root
        folders[:] = sorted(
            one
            for one in folders
            if not one.startswith((".", "__pycache__")) and not (is_root and one in NOT_CODE)
        )
        for name in sorted(files):
            if Path(name).suffix in SUFFIXES:
                path = Path(folder, name)
                found.update(f"{path.relative_to(root)}\0".encode())
                found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()[:16]


def _migrate() -> None:
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)


def _use(name: str) -> None:
    """Let Django use a test database that is made already, as `create_test_db` would."""
    _close()
    settings.DATABASES[connection.alias]["NAME"] = name
    connection.settings_dict["NAME"] = name


def _close() -> None:
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()  # type: ignore[attr-defined]


def _exists(server: psycopg.Connection[Any], name: str) -> bool:
    return bool(_scalar(server, "SELECT count(*) FROM pg_database WHERE datname = %s", name))


def _scalar(server: psycopg.Connection[Any], statement: LiteralString, value: object) -> object:
    row = server.execute(statement, [value]).fetchone()
    assert row is not None
    return row[0]
