"""What commands are told to read: files, pipes, folders, devices, files that cannot be read."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import pytest

from accounts.models import Account
from campaigns.models import Holiday
from contacts.models import Contact, ContactImport, ContactList, Suppression
from foundation.refusals import Refusal
from sending.models import ForbiddenWord
from tabular import given_files
from tabular.given_files import given_file
from tests.commandline import manage

pytestmark = pytest.mark.django_db
COMMANDS = (
    "import_contacts FILE --list new", "import_accounts FILE", "suppressions import FILE",
    "forbidden_words import FILE", "opt_out_words import FILE", "holidays import FILE --name new",
)  # fmt: skip
ROWS = {
    "import_contacts": ("uin,name\n10001,Ann\n", Contact),
    "import_accounts": ("uin,password\n10001,secret\n", Account),
    "suppressions": ("uin\n10001\n", Suppression),
    "forbidden_words": ("word\nabc\n", ForbiddenWord),
    "holidays": ("date\n2026-10-01\n", Holiday),
}


@contextmanager
def _pipe(text: str) -> Iterator[Path]:
    """Yield the path of a pipe, as a shell names `<(program)`, into which a text is written."""
    out, into = os.pipe()

    def write() -> None:
        with os.fdopen(into, "w") as pipe:
            pipe.write(text)

    writer = Thread(target=write)
    writer.start()
    try:
        yield Path(f"/dev/fd/{out}")
    finally:
        writer.join()
        os.close(out)


def _arguments(command: str, file: object) -> list[str]:
    return [str(file) if word == "FILE" else word for word in command.split()]


@pytest.mark.parametrize("command", [one for one in COMMANDS if one.split()[0] in ROWS])
def test_the_rows_of_a_pipe_are_read(command: str) -> None:
    text, model = ROWS[command.split()[0]]
    before = model._default_manager.count()  # a calendar comes with the migrations
    with _pipe(text) as pipe:
        result = manage(*_arguments(command, pipe), "--json")
    assert result.status == 0, result
    assert model._default_manager.count() == before + 1


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = SimpleNamespace(buffer=io.BytesIO(b"uin,name\n10001,Ann\n10002,Bob\n"))
    monkeypatch.setattr("sys.stdin", stdin)
    assert manage("import_contacts", "-", "--list", "new", "--json").json["created"] == 2


def test_the_copy_of_a_pipe_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    with _pipe("12345678") as pipe, given_file(pipe) as copy:
        assert (copy.read_text(), copy.stat().st_mode & 0o777) == ("12345678", 0o600)
    assert not copy.exists()
    monkeypatch.setattr(given_files, "LARGEST_PIPE", 5)
    with _pipe("12345678") as pipe, pytest.raises(Refusal, match="larger") as refused:
        given_file(pipe).__enter__()
    assert refused.value.code == "too_large"


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_no_file_is_called_what_it_is(tmp_path: Path, command: str) -> None:
    sentences = {
        str(tmp_path): f"{tmp_path} is a folder. Name a file in it.",
        "/dev/zero": "/dev/zero is not a file, but a device.",
        "/none": "There is no file /none.",
    }
    for file, sentence in sentences.items():
        result = manage(*_arguments(command, file), "--json")
        assert (result.status, result.json["error"]) == (1, "no_such_file")
        assert result.json["sentence"] == sentence


def test_a_file_that_cannot_be_read_is_not_called_a_full_disk() -> None:
    """`/proc/self/mem` is a file whose first bytes cannot be read, as on a disk that fails."""
    result = manage("import_contacts", "/proc/self/mem", "--list", "new", "--json")
    assert (result.status, result.json["error"]) == (1, "unreadable")
    assert result.json["sentence"] == "/proc/self/mem cannot be read: Input/output error."
    assert not ContactImport.objects.exists()
    assert not ContactList.objects.exists()
