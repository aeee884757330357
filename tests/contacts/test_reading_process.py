"""A large file is read by a process of its own, with the same result as in this one."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from contacts.imports import run as running
from contacts.imports.data import import_data
from contacts.imports.files import rejects_file
from contacts.imports.lifecycle import cancel_import, queue_import
from contacts.imports.reading_process import ReadingProcess
from contacts.imports.run import run_import
from contacts.models import Contact, ContactImport, Membership
from contacts.states import ImportState
from tests.contacts.people import csv_of, imported, uploaded

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

#: More than a pipe holds, so that the process waits until its chunks are taken.
LONG = 200
COUNT = 2_000


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[ReadingProcess]:
    """Have every file read by a process; the processes that were started."""
    made: list[ReadingProcess] = []

    class Noted(ReadingProcess):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            made.append(self)

    monkeypatch.setattr(running, "LARGE_BYTES", 0)
    monkeypatch.setattr(running, "CHUNK_ROWS", {"sqlite": 100, "postgresql": 100})
    monkeypatch.setattr(running, "ReadingProcess", Noted)
    return made


def _text() -> str:
    rows = [f"{10_000 + n},p{n},{'x' * LONG},{n}" for n in range(COUNT)]
    rows[7] = "10001,twice,,"
    rows[9] = "abc,=1+1,,"
    rows[11] = "10011,p,q,many"
    rows[13] = "10013,p,q,1,2"
    return "\n".join(["uin,name,note,age", *rows])


def _imported_with_type() -> ContactImport:
    contact_import = uploaded(_text())
    contact_import.types = {"age": "number"}
    contact_import.save()
    queue_import(contact_import=contact_import)
    assert run_import(import_id=contact_import.pk)
    contact_import.refresh_from_db()
    return contact_import


def _outcome(contact_import: ContactImport) -> dict[str, Any]:
    data = import_data(contact_import)
    data["rejects_file"] = rejects_file(contact_import).read_bytes()
    people = Contact.objects.order_by("uin").values_list("uin", "name", "attributes", "readings")
    return data | {"people": list(people), "position": contact_import.position}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_result_is_the_same(
    started: list[ReadingProcess], monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    with translation.override(language):
        by_process = _outcome(_imported_with_type())
        Contact.objects.all().delete()
        monkeypatch.setattr(running, "LARGE_BYTES", 1 << 40)
        here = _outcome(_imported_with_type())
    assert len(started) == 1
    assert by_process == here
    assert by_process["rejected"] == 3
    assert [row["examples"] for row in by_process["unread"]] == [["many"]]
    assert (b"duplicate of line 3" in here["rejects_file"]) == (language == "en")


@pytest.mark.parametrize("people", [0, 500])
def test_what_a_killed_process_did_not_read_is_read_here(
    started: list[ReadingProcess], monkeypatch: pytest.MonkeyPatch, people: int
) -> None:
    load = running._Run._load
    start = running.ReadingProcess  # type: ignore[attr-defined]

    def loaded(self: Any, *arguments: Any) -> None:
        load(self, *arguments)
        if Contact.objects.count() >= people:
            started[0]._process.kill()

    def killed(*arguments: Any, **options: Any) -> ReadingProcess:
        process = start(*arguments, **options)
        process._process.kill()
        return process

    if people:
        monkeypatch.setattr(running._Run, "_load", loaded)
    else:
        monkeypatch.setattr(running, "ReadingProcess", killed)
    contact_import = imported(_text())
    assert (contact_import.state, contact_import.rejected) == (ImportState.DONE, 3)
    assert Contact.objects.count() == Membership.objects.count() == COUNT - 3
    assert started[0]._process.returncode == -9


def test_without_a_process_the_file_is_read_here(
    started: list[ReadingProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert imported(_text()).created == COUNT - 3
    assert not started


def test_a_file_that_cannot_be_read_to_its_end_fails_with_the_same_sentence(
    started: list[ReadingProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = _text() + "\n" + "y" * 1_100_000
    with translation.override("zh-hans"):
        failed = [imported(text)]
        monkeypatch.setattr(running, "LARGE_BYTES", 1 << 40)
        failed.append(imported(text, into="other"))
    assert [one.state for one in failed] == [ImportState.FAILED] * 2
    assert failed[0].problem == failed[1].problem
    assert failed[0].cursor == failed[1].cursor
    assert len(started) == 1


def test_a_cancelled_import_leaves_no_process(
    started: list[ReadingProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_import = uploaded(_text())
    queue_import(contact_import=contact_import)
    load = running._Run._load

    def cancelled(self: Any, *arguments: Any) -> None:
        if Contact.objects.count():
            cancel_import(contact_import=ContactImport.objects.get(pk=contact_import.pk))
        load(self, *arguments)

    monkeypatch.setattr(running._Run, "_load", cancelled)
    assert run_import(import_id=contact_import.pk)
    contact_import.refresh_from_db()
    assert contact_import.state == ImportState.CANCELLED
    assert started[0]._process.returncode is not None


def test_a_worker_that_waits_for_rows_shows_that_it_lives(
    started: list[ReadingProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[float] = []
    show_life = running._Run._show_life

    def noted(self: Any) -> None:
        shown.append(time.monotonic())
        show_life(self)

    monkeypatch.setattr(running, "HEARTBEAT_SECONDS", 0.001)
    monkeypatch.setattr(running._Run, "_show_life", noted)
    assert imported(csv_of(range(10_000, 10_050))).created == 50
    assert shown, "starting the process takes longer"


def _told(path: Path, **changed: Any) -> bytes:
    """Return what a process is told of a file."""
    file = {
        "path": str(path),
        "name": "people.csv",
        "encoding": "utf-8",
        "delimiter": ",",
        "sheet": "",
        "header_line": 1,
        "columns": ["uin", "name", "note", "age"],
        "mapping": ["uin", "name", "attribute:note", "attribute:age"],
        "kind": "csv",
        "types": {},
        "vendor": "sqlite",
        "behind": 0,
        "chunk_rows": 100,
        "piece_rows": 100,
        "language": "en",
    }
    told = {
        "file": file | changed, "language_code": "en", "languages": [], "locale_paths": [],
    }  # fmt: skip
    return json.dumps(told).encode()


def test_the_process_ends_if_nobody_takes_its_chunks(tmp_path: Path) -> None:
    """As when the worker was killed."""
    path = tmp_path / "people.csv"
    path.write_text(_text())
    process = subprocess.Popen(
        [sys.executable, "-m", "contacts.imports.reading_child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(_told(path))
    process.stdin.close()
    assert process.stdout.read(9)
    process.stdout.close()
    assert process.wait(30) == 0


def test_an_error_of_the_process_quotes_nothing_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text(_text())
    done = subprocess.run(
        [sys.executable, "-m", "contacts.imports.reading_child"],
        input=_told(path, types={"age": "a private matter"}),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    told = done.stderr.decode()
    assert "reading_child.py" in told
    assert "private" not in told
