"""Copies the database of this installation, of either kind."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import connection

from clocks import local
from operations.databases import postgresql, sqlite
from operations.databases.facts import IN_USE, Facts


def kind() -> str:
    """Return "sqlite" or "postgresql"."""
    return str(connection.vendor)


def copy_out(to: Path) -> Facts:
    """Copy the database to a new file, as it is at one moment; return its facts."""
    return postgresql.copy_out(to) if kind() == "postgresql" else sqlite.copy_out(to)


def copy_in(copy: Path, *, hold: tuple[Any, ...]) -> None:
    """Make a copy the installation's database, with an open hold in it."""
    if kind() == "postgresql":
        postgresql.copy_in(copy, hold=hold)
    else:
        sqlite.copy_in(copy, hold=hold)


def database_time() -> datetime:
    """Return the database's clock, also of a database without tables."""
    if kind() != "postgresql":
        return local.host_wall()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        found: datetime = cursor.fetchone()[0]
    return found.astimezone(UTC)


def tables_in_use() -> list[str]:
    """Return the tables that hold an operator's data; an empty list for a new installation."""
    existing = set(connection.introspection.table_names())
    used = []
    with connection.cursor() as cursor:
        for table in IN_USE:
            if table in existing:
                cursor.execute(f"SELECT 1 FROM {table} LIMIT 1")  # noqa: S608 - a name of ours
                used += [table] if cursor.fetchone() else []
    return used
