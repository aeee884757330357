"""The files of imports, in QQCAMPAIGN_HOME/imports, readable by their owner only."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from contacts.models import ContactImport
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

#: Bytes that are read at a time.
BLOCK = 1 << 20
#: The most bytes of an upload.
LARGEST = 2 << 30


def import_folder() -> Path:
    """Return the folder of imports; create it, closed to other users, at first use."""
    folder = Path(settings.QQCAMPAIGN_HOME) / "imports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def open_private(path: Path) -> BinaryIO:
    """Open a file for reading and writing without truncating it; only its owner may read it."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")


def store_upload(blocks: Iterable[bytes]) -> Path:
    """Store an upload block by block, and return its path.

    Args:
        blocks: the file's bytes; Django's `UploadedFile.chunks()`, or `read_blocks(path)`.

    Raises:
        Refusal: it is larger than LARGEST, or cannot be written, for example on a full disk.
    """
    path = import_folder() / secrets.token_hex(16)
    size = 0
    try:
        with open_private(path) as file:
            for block in blocks:
                size += len(block)
                if size > LARGEST:
                    raise Refusal(
                        _("The file is larger than %(most)d MB. Split it.")
                        % {"most": LARGEST >> 20},
                        code="too_large",
                    )
                file.write(block)
    except OSError as problem:
        path.unlink(missing_ok=True)
        raise Refusal(
            _("The file cannot be stored: %(problem)s. Free up space in %(folder)s.")
            % {"problem": problem.strerror or problem, "folder": path.parent},
            code="cannot_store",
        ) from None
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def read_blocks(path: Path) -> Iterable[bytes]:
    """Yield a file block by block."""
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


def stored_file(contact_import: ContactImport) -> Path:
    """Return the path of an import's file.

    Raises:
        Refusal: the file has been removed.
    """
    path = import_folder() / Path(contact_import.stored_name or "removed").name
    if not contact_import.stored_name or not path.is_file():
        raise Refusal(
            _("The file of this import no longer exists. Upload it again."), code="file_gone"
        )
    return path


def rejects_file(contact_import: ContactImport) -> Path:
    """Return the path of an import's rejected rows; the file may not exist."""
    return import_folder() / f"rejected-{contact_import.pk}.csv"


def remove_upload(contact_import: ContactImport) -> None:
    """Remove an import's file, which contains personal data and is not needed any more."""
    if contact_import.stored_name:
        (import_folder() / Path(contact_import.stored_name).name).unlink(missing_ok=True)
    ContactImport.objects.filter(pk=contact_import.pk).update(stored_name="")
