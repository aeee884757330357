"""Keeps the embedded database private, whatever the umask of the command that creates it."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.backends.signals import connection_created

#: SQLite's own files beside the database.
ENDINGS = ("", "-wal", "-shm")


def keep_private() -> None:
    """Make the files of the embedded database readable by their owner alone, when it is opened."""
    connection_created.connect(_on_opened, dispatch_uid="qqcampaign.private_database")


def _on_opened(connection: Any, **_about: Any) -> None:
    if connection.vendor != "sqlite" or not settings.IS_DATABASE_EMBEDDED:
        return
    for ending in ENDINGS:
        file = Path(f"{connection.settings_dict['NAME']}{ending}")
        with contextlib.suppress(OSError):  # it does not exist, or belongs to somebody else
            mode = stat.S_IMODE(file.stat().st_mode)
            if mode & 0o077 and file.stat().st_uid == os.geteuid():
                file.chmod(mode & 0o700)
