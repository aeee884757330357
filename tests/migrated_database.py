"""A copy of the test database as the migrations leave it, from which other databases are made.

Applying the migrations takes five seconds of CPU; a copy takes none. Stacks and fleets of the tests
start with a copy, except where the first start itself is tested.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
from django.db import connection

from tests.servers import new_database, running_postgresql


class MigratedDatabase:
    """The copy. Make it right after the test database was created; `remove` deletes it.

    Args:
        folder: holds the copy on SQLite.
    """

    def __init__(self, folder: Path) -> None:
        self._name = str(connection.settings_dict["NAME"])
        self._file = folder / "migrated.sqlite3"
        if connection.vendor == "sqlite":
            connection.ensure_connection()
            with contextlib.closing(sqlite3.connect(self._file)) as copy:
                connection.connection.backup(copy)
        else:
            connection.close()
            connection.close_pool()  # type: ignore[attr-defined]
            self._on_server(f'CREATE DATABASE "{self._template}" TEMPLATE "{self._name}"')

    @property
    def _template(self) -> str:
        return f"{self._name}_migrated"

    def copy_to(self, path: Path) -> None:
        """Make an SQLite database at a path."""
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self._file, path)

    @contextlib.contextmanager
    def new_postgresql(self, server_url: str, name: str) -> Iterator[str]:
        """Create a PostgreSQL database, yield its URL, and drop it."""
        with new_database(server_url, name, template=self._template) as url:
            yield url

    def remove(self) -> None:
        """Delete the copy."""
        self._file.unlink(missing_ok=True)
        if connection.vendor == "postgresql":
            self._on_server(f'DROP DATABASE "{self._template}" WITH (FORCE)')

    def _on_server(self, statement: str) -> None:
        with (
            running_postgresql() as url,
            psycopg.connect(url, autocommit=True) as server,
        ):
            server.execute(statement)
