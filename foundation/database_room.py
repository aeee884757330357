"""Whether the disk has room for what the database has to record."""

from __future__ import annotations

import shutil
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError

from foundation.sentences import Sentence as _

#: With less free space SQLite can write no transaction of the ledger, bytes.
LEAST = 1_000_000


def full_disk() -> Path | None:
    """Return the folder of the database if its disk is full; None on a server, which has its own.

    Without room no message can be marked, so none is sent: the run only seems to do nothing.
    """
    database = settings.DATABASES["default"]
    if not database["ENGINE"].endswith("sqlite3") or not Path(database["NAME"]).is_file():
        return None
    folder = Path(database["NAME"]).parent
    return folder if shutil.disk_usage(folder).free < LEAST else None


def is_about_room(problem: DatabaseError) -> bool:
    """Return whether the database could not write because a disk is full."""
    # SQLite: "database or disk is full"; PostgreSQL: "could not extend file: No space left on ..."
    return "disk is full" in str(problem) or "No space left" in str(problem)


def full_disk_sentence() -> _:
    """Return what an operator is told whose act could not be recorded."""
    return _(
        "The disk of the database is full; nothing was changed. Free some space, then ask again."
    )
