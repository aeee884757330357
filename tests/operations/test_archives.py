"""A damaged, foreign or newer backup is refused with a sentence, and nothing is changed."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from foundation.refusals import Refusal
from holds.models import Hold
from operations.archives.archive import extract_parts, opened_archive, write_archive
from operations.archives.manifest import DATABASE, FORMAT, Manifest
from operations.databases import kinds
from tests.campaigns.factories import make_account
from tests.commandline import manage

pytestmark = pytest.mark.django_db


def manifest(**columns: Any) -> Manifest:
    values: dict[str, Any] = {
        "format": FORMAT, "version": "9.9.9", "database": kinds.kind(), "taken_at": timezone.now(),
        "migrations": [], "counts": {}, "highest_seq": 0, **columns,
    }  # fmt: skip
    return Manifest(**values)


@pytest.fixture
def part(tmp_path: Path) -> Path:
    path = tmp_path / "part"
    path.write_bytes(os.urandom(300_000))
    return path


def restored(path: Path) -> str:
    done = manage("restore", path, "--json")
    assert done.status == 1
    assert not Hold.objects.exists()
    return str(done.json["error"])


def test_what_was_written_is_read(part: Path, tmp_path: Path) -> None:
    path = tmp_path / "backup"
    old = os.umask(0)
    try:
        written = write_archive(path=path, manifest=manifest(), parts={DATABASE: part})
    finally:
        os.umask(old)
    assert path.stat().st_mode & 0o777 == 0o600
    with opened_archive(path) as (found, opened):
        assert found == written
        extracted = extract_parts(opened, found, to=tmp_path)
    assert extracted[DATABASE].read_bytes() == part.read_bytes()


def test_a_write_that_fails_leaves_nothing_behind(
    part: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    before = set(tmp_path.iterdir())
    with pytest.raises(Refusal, match="No space left"):
        write_archive(path=tmp_path / "backup", manifest=manifest(), parts={DATABASE: part})
    assert set(tmp_path.iterdir()) == before


def cut(data: bytes) -> bytes:
    return data[: len(data) * 2 // 3]


def flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 0xFF]) + data[middle + 1 :]


@pytest.mark.parametrize("harm", [cut, flipped])
def test_a_damaged_backup_is_refused(
    harm: Callable[[bytes], bytes], part: Path, tmp_path: Path
) -> None:
    path = tmp_path / "backup"
    write_archive(path=path, manifest=manifest(), parts={DATABASE: part})
    path.write_bytes(harm(path.read_bytes()))
    assert restored(path) == "damaged"


@pytest.mark.parametrize("content", [b"", b"hello", b"\x1f\x8b\x08 but not really"])
def test_another_file_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "backup"
    path.write_bytes(content)
    assert restored(path) == "not_a_backup"
    assert restored(tmp_path / "missing") == "not_readable"


@pytest.mark.parametrize(
    ("columns", "error"),
    [
        ({"format": FORMAT + 1}, "newer_backup"),
        ({"migrations": [("sending", "9999_from_the_future")]}, "newer_backup"),
        ({"database": "oracle"}, "other_database"),
    ],
)
def test_what_does_not_fit_is_refused(
    columns: dict[str, Any], error: str, part: Path, tmp_path: Path
) -> None:
    path = tmp_path / "backup"
    write_archive(path=path, manifest=manifest(**columns), parts={DATABASE: part})
    assert restored(path) == error


def test_a_clock_before_the_backup_is_refused(part: Path, tmp_path: Path) -> None:
    path = tmp_path / "backup"
    later = timezone.now() + timedelta(hours=1)
    write_archive(path=path, manifest=manifest(taken_at=later), parts={DATABASE: part})
    assert restored(path) == "clock_behind"


def test_an_installation_in_use_is_not_restored_into(part: Path, tmp_path: Path) -> None:
    path = tmp_path / "backup"
    write_archive(path=path, manifest=manifest(), parts={DATABASE: part})
    make_account()
    refused = manage("restore", path, "--json")
    assert refused.json["error"] == "not_empty"
    assert "accounts_account" in refused.json["sentence"]


def test_a_name_in_the_archive_is_no_path(tmp_path: Path) -> None:
    path, out = tmp_path / "backup", tmp_path / "out"
    out.mkdir()
    evil = "../../evil"
    content = b"x"
    with tarfile.open(path, "w:gz") as made:
        part = {"size": 1, "sha256": hashlib.sha256(content).hexdigest()}
        text = json.dumps({**manifest().as_json(), "parts": {evil: part}}).encode()
        for name, data in (("manifest.json", text), (evil, content)):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            made.addfile(entry, io.BytesIO(data))
    with opened_archive(path) as (found, opened):
        extracted = extract_parts(opened, found, to=out)
    assert [file.parent for file in extracted.values()] == [out]
    assert not (tmp_path / "evil").exists()
    assert not (tmp_path.parent / "evil").exists()
