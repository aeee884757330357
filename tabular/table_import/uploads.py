"""The uploaded file between preview and confirmation: private, bound to its user, for an hour."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core import signing

from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from tabular.upload_files import import_folder, store_blocks

#: Bytes of an upload, and seconds that it is kept.
LARGEST, KEPT = 20 << 20, 3_600
_SALT = "tabular.table_import"


def store_upload(blocks: Iterable[bytes]) -> Path:
    """Store an upload, readable by this process's user only, and return its path.

    Raises:
        Refusal: it is larger than LARGEST, or cannot be written.
    """
    remove_expired()
    path = import_folder() / f"table-{secrets.token_hex(16)}"
    return store_blocks(path, blocks, largest=LARGEST)


def ticket_of(path: Path, *, user: Any, table: str, **about: Any) -> str:
    """Return a signed ticket for an upload, which only this user can use, for this table."""
    return signing.dumps(
        {"file": path.name, "user": user.pk, "table": table, **about}, salt=_SALT, compress=True
    )


def read_ticket(ticket: str, *, user: Any, table: str) -> dict[str, Any]:
    """Return what a ticket says.

    Raises:
        Refusal: it is forged, expired, or of another user or table.
    """
    try:
        about: dict[str, Any] = signing.loads(ticket, salt=_SALT, max_age=KEPT)
    except signing.BadSignature:
        raise _gone() from None
    if about["user"] != user.pk or about["table"] != table:
        raise _gone()
    return about


def take_upload(about: dict[str, Any]) -> Path:
    """Return the path of a ticket's file, which nothing else can take after this.

    Raises:
        Refusal: it was taken before, or has been removed.
    """
    path = import_folder() / Path(about["file"]).name
    taken = path.with_name(f"{path.name}.taken-{secrets.token_hex(4)}")
    try:
        path.rename(taken)  # if two clicks come at once, only one finds the file
    except OSError:
        raise _gone() from None
    return taken


def return_upload(taken: Path) -> Path:
    """Make a taken file available to `take_upload` again, under a new name; return its path."""
    path = taken.with_name(f"table-{secrets.token_hex(16)}")
    taken.rename(path)
    return path


def remove_expired() -> int:
    """Remove uploads that were not confirmed within KEPT seconds; return how many."""
    removed, limit = 0, time.time() - KEPT
    for path in import_folder().glob("table-*"):
        with suppress(OSError):
            if path.stat().st_mtime < limit:
                path.unlink()
                removed += 1
    return removed


def _gone() -> Refusal:
    return Refusal(
        _(
            "This preview was confirmed already, or is more than an hour old. Nothing was imported "
            "now: check the list, and upload the file again if rows are missing."
        ),
        code="preview_gone",
    )
