"""What operators are told while the disk of the database is full."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from foundation import database_room
from foundation.commands import refusal_of
from foundation.database_room import full_disk

FULL = [
    "database or disk is full",
    'could not extend file "base/5/1": No space left on device',
]


@pytest.mark.parametrize("words", FULL)
def test_a_command_says_that_the_disk_is_full(words: str) -> None:
    refusal = refusal_of(OperationalError(words))
    assert refusal.code == "database"
    assert str(refusal.sentence) == (
        "The disk of the database is full; nothing was changed. Free some space, then ask again."
    )


def test_a_disk_with_room_is_not_full() -> None:
    assert full_disk() is None


def test_a_disk_without_room_is_named(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "db.sqlite3"
    file.write_bytes(b"")
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(file)}
    monkeypatch.setitem(settings.DATABASES, "default", database)
    assert full_disk() is None
    monkeypatch.setattr(database_room, "LEAST", 1 << 60)
    assert full_disk() == tmp_path
    monkeypatch.setitem(database, "ENGINE", "django.db.backends.postgresql")
    assert full_disk() is None
