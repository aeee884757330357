"""Writes and reads the file of a backup: a compressed tar file, readable by its owner only."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO

from django.utils.translation import gettext as _

from foundation.refusals import Refusal
from operations.archives.manifest import MANIFEST, Manifest, Part, not_a_backup, read_manifest

BLOCK = 1 << 20
#: A fast compression: the database's copy may be large, and a run goes on meanwhile.
_LEVEL = 3
#: The longest manifest that is read, bytes.
_LONGEST_MANIFEST = 16 << 20


@contextlib.contextmanager
def private_folder(beside: Path) -> Iterator[Path]:
    """Yield an empty folder on the same disk as `beside`, closed to other users; delete it later.

    Raises:
        Refusal: it cannot be created (`not_writable`).
    """
    try:
        folder = tempfile.TemporaryDirectory(dir=beside.parent, prefix=f".{beside.name}.")
    except OSError as problem:
        raise not_writable(beside, problem) from None
    with folder as name:
        yield Path(name)


def write_archive(*, path: Path, manifest: Manifest, parts: Mapping[str, Path]) -> Manifest:
    """Write an archive completely or not at all; return the manifest with its parts.

    Args:
        path: where; a file that exists is replaced.
        manifest: without parts.
        parts: the files by their names in the archive.

    Raises:
        Refusal: it cannot be written (`not_writable`).
    """
    complete = replace(manifest, parts={name: measured(file) for name, file in parts.items()})
    text = json.dumps(complete.as_json(), ensure_ascii=False, indent=1).encode()
    aside = path.with_name(f".{path.name}.partial")
    try:
        with open_private(aside) as file:
            with tarfile.open(fileobj=file, mode="w:gz", compresslevel=_LEVEL) as archive:
                entry = tarfile.TarInfo(MANIFEST)
                entry.size, entry.mode = len(text), 0o600
                archive.addfile(entry, io.BytesIO(text))
                for name, part in parts.items():
                    entry = tarfile.TarInfo(name)
                    entry.size, entry.mode = complete.parts[name].size, 0o600
                    with part.open("rb") as content:
                        archive.addfile(entry, content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError as problem:
        raise not_writable(path, problem) from None
    finally:
        aside.unlink(missing_ok=True)
    return complete


@contextlib.contextmanager
def opened_archive(path: Path) -> Iterator[tuple[Manifest, tarfile.TarFile]]:
    """Yield the manifest of an archive, and the archive itself.

    Raises:
        Refusal: it cannot be read (`not_readable`), or is no backup (`not_a_backup`).
    """
    try:
        archive = tarfile.open(path, mode="r:gz")  # noqa: SIM115 - closed below
    except OSError as problem:
        if isinstance(problem, FileNotFoundError | PermissionError | IsADirectoryError):
            raise Refusal(
                _("%(file)s cannot be read: %(problem)s.")
                % {"file": path, "problem": problem.strerror},
                code="not_readable",
            ) from None
        raise not_a_backup() from None
    except (tarfile.TarError, EOFError):
        raise not_a_backup() from None
    with archive:
        yield _manifest(archive), archive


def extract_parts(archive: tarfile.TarFile, manifest: Manifest, *, to: Path) -> dict[str, Path]:
    """Extract the parts that the manifest names, checked; return them by name.

    A name of the archive is never used as a path, so nothing is written outside `to`.

    Raises:
        Refusal: a part is missing, or differs from its checksum (`damaged`).
    """
    extracted: dict[str, Path] = {}
    for number, (name, part) in enumerate(manifest.parts.items()):
        path = to / f"part-{number}"
        try:
            entry = archive.extractfile(name)
            if entry is None:
                raise KeyError(name)
            with open_private(path) as file:
                while block := entry.read(BLOCK):
                    file.write(block)
        except (KeyError, tarfile.TarError, EOFError, OSError, ValueError):
            raise _damaged(name) from None
        if measured(path) != part:
            raise _damaged(name)
        extracted[name] = path
    return extracted


def measured(path: Path) -> Part:
    """Return the size and the checksum of a file."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            size += len(block)
    return Part(size, digest.hexdigest())


def open_private(path: Path) -> IO[bytes]:
    """Open a new file for writing that only its owner may read, whatever the umask is."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _manifest(archive: tarfile.TarFile) -> Manifest:
    try:
        first = archive.next()
        if first is None or first.name != MANIFEST or first.size > _LONGEST_MANIFEST:
            raise not_a_backup()
        content = archive.extractfile(first)
        if content is None:
            raise not_a_backup()
        return read_manifest(content.read())
    except (tarfile.TarError, EOFError, OSError, ValueError):
        raise not_a_backup() from None


def _damaged(name: str) -> Refusal:
    return Refusal(
        _("The backup is damaged: its part %(name)s is not what was written. Use another backup.")
        % {"name": name},
        code="damaged",
    )


def not_writable(path: Path, problem: OSError) -> Refusal:
    """Return the refusal of a file that cannot be written."""
    return Refusal(
        _("%(file)s cannot be written: %(problem)s.")
        % {"file": path, "problem": problem.strerror or problem},
        code="not_writable",
    )
