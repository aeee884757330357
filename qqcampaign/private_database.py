"""Keeps the embedded database private, whatever the umask of the command that creates it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.backends.signals import connection_created

from qqcampaign.stack.home import tighten

#: SQLite's own files beside the database. Files that it adds later get the database's mode.
ENDINGS = ("", "-wal", "-shm")
_UID = "qqcampaign.private_database"


def keep_private() -> None:
    """Take the rights of others from the embedded database when this process opens it."""
    if settings.IS_DATABASE_EMBEDDED:
        connection_created.connect(_on_opened, dispatch_uid=_UID)


def _on_opened(connection: Any, **_about: Any) -> None:
    # Once: lanes open a connection for each turn.
    connection_created.disconnect(dispatch_uid=_UID)
    for ending in ENDINGS:
        tighten(Path(f"{connection.settings_dict['NAME']}{ending}").resolve())
