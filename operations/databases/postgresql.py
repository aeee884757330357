"""Copies a PostgreSQL database while others write to it, by pg_dump and pg_restore."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from foundation.refusals import Refusal
from operations.archives.archive import open_private
from operations.databases.facts import Facts, facts_of

_HOLD = "INSERT INTO holds_hold (taken_at, restored_at, version) VALUES (%s, %s, %s)"
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")


def copy_out(to: Path) -> Facts:
    """Copy the database to a new file, as it is at one moment; return its facts.

    The facts are read in the transaction whose snapshot pg_dump copies, so both are of one moment.

    Raises:
        Refusal: pg_dump is missing (`no_pg_dump`), too old (`old_pg_dump`), or failed (`database`).
    """
    program = _program("pg_dump")
    open_private(to).close()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        # The dump of a large database takes longer than an idle transaction usually may.
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT transaction_timestamp(), pg_export_snapshot()")
        taken_at, snapshot = cursor.fetchone()
        _run(
            [
                *(program, "--format=custom", "--no-owner", "--no-privileges"),
                *("--snapshot", snapshot, "--file", str(to)),
            ]
        )

        def read(query: str) -> list[tuple[Any, ...]]:
            cursor.execute(query)
            return list(cursor.fetchall())

        return facts_of(read, taken_at=taken_at)


def copy_in(copy: Path, *, hold: tuple[Any, ...]) -> None:
    """Make a copy the installation's database, with an open hold in it from the first row on.

    Everything in the schema `public` is dropped first: the caller has found the installation empty.

    Args:
        copy: the file.
        hold: taken_at, restored_at and version of the hold.

    Raises:
        Refusal: pg_restore is missing or too old, or failed.
    """
    program = _program("pg_restore")
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
    options = [program, "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    target = ["--dbname", str(connection.settings_dict["NAME"]), str(copy)]
    _run([*options, "--section=pre-data", *target])
    with connection.cursor() as cursor:
        # Before the data: if the restore is interrupted, what is there already is held. The
        # number is not one that the data brings.
        cursor.execute("SELECT to_regclass('holds_hold') IS NOT NULL")
        (has_holds,) = cursor.fetchone()
        if has_holds:  # else it is older: see `restore`
            cursor.execute("ALTER SEQUENCE holds_hold_id_seq RESTART WITH 1000000000")
            cursor.execute(_HOLD, hold)
    _run([*options, "--section=data", "--section=post-data", *target])
    if not has_holds:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval('holds_hold_id_seq', (SELECT MAX(id) FROM holds_hold))")


def _program(name: str) -> str:
    """Return the path of a program of PostgreSQL that is new enough for the server.

    Raises:
        Refusal: there is none.
    """
    found = shutil.which(name)
    if found is None:
        raise Refusal(
            _(
                "There is no %(name)s here. Install the client programs of PostgreSQL (Debian: "
                "apt-get install postgresql-client), or put their folder on the PATH."
            )
            % {"name": name},
            code="no_pg_dump",
        )
    told = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)
    match = _VERSION.search(told.stdout)
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        server = int(cursor.fetchone()[0]) // 10_000
    if match is None or int(match[1]) < server:
        raise Refusal(
            _(
                "%(name)s is of version %(version)s, which is too old for the server's version "
                "%(server)s. Install the client programs of version %(server)s."
            )
            % {"name": name, "version": match[1] if match else "?", "server": server},
            code="old_pg_dump",
        )
    return found


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(
        command, env=_environment(), capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["?"]
        raise Refusal(
            _("%(name)s failed: %(problem)s")
            % {"name": Path(command[0]).name, "problem": lines[0][:300]},
            code="database",
        )


def _environment() -> Mapping[str, str]:
    """Return the environment of libpq's programs. A password on a command line would be visible."""
    known = connection.settings_dict
    given = {
        "PGHOST": known["HOST"] or known["OPTIONS"].get("host", ""),
        "PGPORT": str(known["PORT"] or ""),
        "PGUSER": known["USER"],
        "PGPASSWORD": known["PASSWORD"],
        "PGDATABASE": known["NAME"],
        "PGSSLMODE": known["OPTIONS"].get("sslmode", ""),
        "PGSSLROOTCERT": known["OPTIONS"].get("sslrootcert", ""),
    }
    return {**os.environ, **{name: str(value) for name, value in given.items() if value}}
