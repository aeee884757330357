"""The folder of backups that were made by the console."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

_NAME = re.compile(r"qqcampaign-[0-9]{8}-[0-9]{6}\.tar\.gz")


@dataclass(frozen=True, slots=True)
class BackupFile:
    """One backup: its file's name, when it was written, and its size in bytes."""

    name: str
    at: datetime
    size: int


def backup_folder() -> Path:
    """Return the folder, private; create it."""
    folder: Path = settings.QQCAMPAIGN_HOME / "backups"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def backups() -> list[BackupFile]:
    """Return the complete backups, the newest first."""
    found = []
    for file in backup_folder().iterdir():
        if _NAME.fullmatch(file.name) and file.is_file() and not file.is_symlink():
            facts = file.stat()
            at = datetime.fromtimestamp(facts.st_mtime, UTC)
            found.append(BackupFile(file.name, at, facts.st_size))
    return sorted(found, key=lambda one: one.name, reverse=True)


def bytes_so_far(name: str) -> int:
    """Return how much of a backup that is being made is on the disk."""
    total = 0
    for part in backup_folder().glob(f".{name}*"):
        files = [part] if part.is_file() else part.rglob("*")
        for file in files:
            try:
                total += file.stat().st_size if file.is_file() else 0
            except FileNotFoundError:
                continue  # it was moved to its place meanwhile
    return total


def backup_file(name: str) -> Path:
    """Return the file of a complete backup.

    Raises:
        Refusal: there is none of this name (`no_backup`).
    """
    if name not in {one.name for one in backups()}:
        raise Refusal(_("There is no such backup any more."), code="no_backup")
    return backup_folder() / name
