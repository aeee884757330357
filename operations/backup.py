"""Makes a backup while the installation runs."""

from __future__ import annotations

import json
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from contacts.people.erasures import complete_list
from foundation.refusals import Refusal
from operations.archives.archive import not_writable, open_private, private_folder, write_archive
from operations.archives.manifest import DATABASE, FORMAT, Manifest
from operations.databases import kinds
from tabular.upload_files import import_folder

#: Files of imports are parts with names that begin so.
IMPORTS = "imports/"


def make_backup(*, path: Path, keys: Path | None = None) -> Manifest:
    """Write a backup to a new file, as the installation is at one moment; return its manifest.

    The keys are never part of it: whoever has both can read the accounts' passwords.

    Args:
        path: the file to write.
        keys: a second file, for the keys alone; None to write none.

    Raises:
        Refusal: one of the files exists (`exists`), cannot be written, or the database cannot be
            copied.
    """
    for target in (path, keys):
        if target is not None and target.exists():
            raise Refusal(
                _("%(file)s exists. Choose another name: a backup is never written over.")
                % {"file": target},
                code="exists",
            )
    complete_list()  # who was erased by another host is on this host's list too
    with private_folder(path) as folder:
        copy = folder / DATABASE
        facts = kinds.copy_out(copy)
        manifest = Manifest(
            format=FORMAT,
            version=settings.VERSION,
            database=kinds.kind(),
            taken_at=facts.taken_at,
            migrations=facts.migrations,
            counts=facts.counts,
            highest_seq=facts.highest_seq,
        )
        parts = {DATABASE: copy, **_import_files(folder)}
        complete = write_archive(path=path, manifest=manifest, parts=parts)
    if keys is not None:
        _write_keys(keys)
    return complete


def _import_files(folder: Path) -> dict[str, Path]:
    """Return copies of the files of imports, because those may change or vanish meanwhile."""
    found: dict[str, Path] = {}
    for number, file in enumerate(sorted(import_folder().iterdir())):
        if not file.is_file() or file.is_symlink() or file.name.startswith("."):
            continue
        copy = folder / f"import-{number}"
        try:
            with file.open("rb") as source, open_private(copy) as target:
                while block := source.read(1 << 20):
                    target.write(block)
        except FileNotFoundError:
            continue  # its import ended just now
        found[IMPORTS + file.name] = copy
    return found


def _write_keys(path: Path) -> None:
    held = {"CREDENTIAL_KEYS": settings.CREDENTIAL_KEYS, "SECRET_KEY": settings.SECRET_KEY}
    try:
        with open_private(path) as file:
            file.write(json.dumps(held, indent=1).encode() + b"\n")
    except OSError as problem:
        raise not_writable(path, problem) from None
