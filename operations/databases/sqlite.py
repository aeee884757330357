"""Copies an SQLite database while other processes write to it, by SQLite's backup API."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from clocks import local
from foundation.refusals import Refusal
from operations.archives.archive import open_private
from operations.databases.facts import Facts, facts_of

_PATIENCE = 30.0
_HAS_HOLDS = "SELECT 1 FROM sqlite_master WHERE name = 'holds_hold'"
_HOLD = "INSERT INTO holds_hold (taken_at, restored_at, version) VALUES (?, ?, ?)"


def copy_out(to: Path) -> Facts:
    """Copy the database to a new file, as it is at one moment; return its facts.

    Raises:
        Refusal: SQLite reports a problem (`database`).
    """
    taken_at = local.host_wall()  # before the copy begins: SQLite has no clock of its own
    open_private(to).close()
    try:
        with _opened(Path(str(connection.settings_dict["NAME"]))) as live, _opened(to) as copy:
            live.backup(copy)  # all pages in one step, which is one read transaction
            copy.execute("PRAGMA journal_mode=DELETE")
            copy.execute("PRAGMA wal_checkpoint")

            def read(query: str) -> list[tuple[Any, ...]]:
                return copy.execute(query).fetchall()

            return facts_of(read, taken_at=taken_at)
    except sqlite3.Error as problem:
        raise _refused(problem) from None


def copy_in(copy: Path, *, hold: tuple[Any, ...]) -> None:
    """Make a copy the installation's database, in one transaction, with an open hold in it.

    Args:
        copy: the file; it is changed.
        hold: taken_at, restored_at and version of the hold.

    Raises:
        Refusal: SQLite reports a problem (`database`).
    """
    live = Path(str(connection.settings_dict["NAME"]))
    connection.close()
    live.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not live.exists():
        open_private(live).close()
    stored = connection.ops.adapt_datetimefield_value
    taken_at, restored_at, version = hold
    try:
        with _opened(copy) as source, _opened(live) as target:
            if source.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                raise sqlite3.DatabaseError("the copy is damaged")
            if source.execute(_HAS_HOLDS).fetchone():  # else it is older: see `restore`
                source.execute(_HOLD, (str(stored(taken_at)), str(stored(restored_at)), version))
            source.commit()
            target.execute("PRAGMA journal_mode=WAL")
            source.backup(target)
            target.execute("PRAGMA journal_mode=WAL")
    except sqlite3.Error as problem:
        raise _refused(problem) from None


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(path, timeout=_PATIENCE)) as opened:
        yield opened


def _refused(problem: sqlite3.Error) -> Refusal:
    return Refusal(
        _("SQLite cannot copy the database: %(problem)s.") % {"problem": problem}, code="database"
    )
