"""Uploaded files, in QQCAMPAIGN_HOME/imports, readable by their owner only."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, BinaryIO

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from foundation.refusals import Refusal
from foundation.sentences import Sentence as _


def import_folder() -> Path:
    """Return the folder of imports; create it, closed to other users, at first use."""
    folder = Path(settings.QQCAMPAIGN_HOME) / "imports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def open_private(path: Path) -> BinaryIO:
    """Open a file for reading and writing without truncating it; only its owner may read it."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")


@contextlib.contextmanager
def copied_upload(upload: UploadedFile[Any]) -> Iterator[Path]:
    """Yield the path of a copy of an upload that only this user can read; delete it afterwards."""
    with tempfile.NamedTemporaryFile(suffix=Path(upload.name or "").suffix[:8]) as copy:
        for block in upload.chunks():
            copy.write(block)
        copy.flush()
        yield Path(copy.name)


def store_blocks(path: Path, blocks: Iterable[bytes], *, largest: int) -> Path:
    """Store an upload block by block, and return its path.

    Args:
        path: where; nothing is there yet.
        blocks: the file's bytes, such as Django's `UploadedFile.chunks()`.
        largest: the most bytes.

    Raises:
        Refusal: it is larger, or cannot be written, for example on a full disk; nothing is left
            behind.
    """
    try:
        with open_private(path) as file:
            write_blocks(file, blocks, largest=largest)
    except OSError as problem:
        path.unlink(missing_ok=True)
        raise cannot_store(problem, folder=path.parent) from None
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def write_blocks(file: IO[bytes], blocks: Iterable[bytes], *, largest: int) -> None:
    """Write blocks to a file.

    Raises:
        Refusal: they are more than `largest` bytes (`too_large`).
    """
    size = 0
    for block in blocks:
        size += len(block)
        if size > largest:
            raise Refusal(
                _("The file is larger than %(most)d MB. Split it.") % {"most": largest >> 20},
                code="too_large",
            )
        file.write(block)


def cannot_store(problem: OSError, *, folder: Path) -> Refusal:
    """Return the refusal of a file for which its folder's disk has no room, for example."""
    return Refusal(
        _("The file cannot be stored: %(problem)s. Free up space in %(folder)s.")
        % {"problem": problem.strerror or problem, "folder": folder},
        code="cannot_store",
    )
