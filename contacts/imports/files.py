"""The files of imports of contacts."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path

from contacts.models import ContactImport
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from tabular.changing_files import refuse_changed, state_of
from tabular.given_files import unreadable
from tabular.upload_files import import_folder, open_private, store_blocks

#: Bytes that are read at a time.
BLOCK = 1 << 20
#: The most bytes of an upload.
LARGEST = 2 << 30


def store_upload(blocks: Iterable[bytes]) -> Path:
    """Store an upload block by block, and return its path.

    Args:
        blocks: the file's bytes; Django's `UploadedFile.chunks()`, or `read_blocks(path)`.

    Raises:
        Refusal: it is larger than LARGEST, or cannot be written, for example on a full disk.
    """
    return store_blocks(import_folder() / secrets.token_hex(16), blocks, largest=LARGEST)


def read_blocks(path: Path) -> Iterable[bytes]:
    """Yield a file block by block.

    Raises:
        Refusal: it cannot be read (`unreadable`), or was changed meanwhile (`file_changed`).
    """
    before = state_of(path)
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                yield block
    except OSError as problem:
        raise unreadable(path, problem) from None
    refuse_changed(path, since=before)


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


def rejects_of() -> list[Path]:
    """Return the files of rejected rows of all imports."""
    return sorted(import_folder().glob("rejected-*.csv"))


def replace_private(path: Path, content: bytes) -> None:
    """Replace a file by another content in one step; only its owner may read it."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with open_private(aside) as file:
        file.write(content)
    aside.replace(path)


def remove_upload(contact_import: ContactImport) -> None:
    """Remove an import's file, which contains personal data and is not needed any more."""
    if contact_import.stored_name:
        (import_folder() / Path(contact_import.stored_name).name).unlink(missing_ok=True)
    ContactImport.objects.filter(pk=contact_import.pk).update(stored_name="")
