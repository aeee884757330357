"""What a backup says about itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from foundation.refusals import Refusal
from foundation.times import utc_iso

#: The layout of the archive. A newer one is refused.
FORMAT = 1
#: The name of the manifest in the archive, and of the database's copy.
MANIFEST, DATABASE = "manifest.json", "database"


@dataclass(frozen=True, slots=True)
class Part:
    """The size and the checksum of one file of the archive."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds.

    Attributes:
        format: the layout of the archive.
        version: the version of the code that made it.
        database: "sqlite" or "postgresql".
        taken_at: the database's clock when the copy began.
        migrations: (app, name) of each migration that was applied.
        counts: rows by table.
        highest_seq: the highest SEQ that was reserved by any account.
        parts: the files by name.
    """

    format: int
    version: str
    database: str
    taken_at: datetime
    migrations: list[tuple[str, str]]
    counts: dict[str, int]
    highest_seq: int
    parts: dict[str, Part] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return it as it is written into the archive."""
        return {**asdict(self), "taken_at": utc_iso(self.taken_at)}


def read_manifest(text: bytes) -> Manifest:
    """Return the manifest in an archive.

    Raises:
        Refusal: it is not one (`not_a_backup`), or of a newer layout (`newer_backup`).
    """
    try:
        stored = json.loads(text)
        if stored["format"] > FORMAT:
            raise newer(stored.get("version", "?"))
        return Manifest(
            format=int(stored["format"]),
            version=str(stored["version"]),
            database=str(stored["database"]),
            taken_at=datetime.fromisoformat(stored["taken_at"]),
            migrations=[(str(app), str(name)) for app, name in stored["migrations"]],
            counts={str(table): int(n) for table, n in stored["counts"].items()},
            highest_seq=int(stored["highest_seq"]),
            parts={str(name): _part(part) for name, part in stored["parts"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise not_a_backup() from None


def _part(stored: Mapping[str, Any]) -> Part:
    return Part(int(stored["size"]), str(stored["sha256"]))


def not_a_backup() -> Refusal:
    """Return the refusal of a file that is no backup."""
    return Refusal(
        _("This file is not a backup that manage.py backup made, or it is damaged."),
        code="not_a_backup",
    )


def newer(version: str) -> Refusal:
    """Return the refusal of a backup that a newer version made."""
    return Refusal(
        _(
            "The backup was made by version %(version)s, which is newer than this one. Install "
            "that version, then restore."
        )
        % {"version": version},
        code="newer_backup",
    )
