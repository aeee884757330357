"""Files that another program still writes while they are read."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Account
from campaigns.models import HolidayCalendar
from contacts.models import Contact, ContactList, Suppression
from foundation.refusals import Refusal
from sending.models import ForbiddenWord, OptOutWord
from tabular.changing_files import refuse_changed, state_of
from tests.commandline import manage

Change = Callable[[Path], object]


def _replace(path: Path) -> None:
    other = path.with_suffix(".new")
    other.write_bytes(path.read_bytes())
    other.replace(path)


CHANGES: dict[str, Change] = {
    "grows": lambda path: path.write_text(f"{path.read_text()}10009\n"),
    "is cut": lambda path: path.write_text("uin\n"),
    "is written anew": lambda path: os.utime(path, ns=(1, 1)),
    "is replaced": _replace,
    "is gone": Path.unlink,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_file_that_changes_is_refused(tmp_path: Path, change: Change) -> None:
    path = tmp_path / "people.csv"
    path.write_text("uin\n10001\n10002\n")
    before = state_of(path)
    refuse_changed(path, since=before)
    change(path)
    with pytest.raises(Refusal, match=r"people\.csv was changed") as refused:
        refuse_changed(path, since=before)
    assert refused.value.code == "file_changed"


def test_a_pipe_is_written_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "people"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    before = state_of(path)
    writer = os.open(path, os.O_WRONLY)
    os.write(writer, b"uin\n10001\n")
    os.close(writer)
    os.close(reader)
    refuse_changed(path, since=before)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "command",
    ["import_contacts FILE --list new", "import_accounts FILE", "suppressions import FILE",
     "opt_out_words import FILE", "forbidden_words import FILE",
     "holidays import FILE --name new"],
)  # fmt: skip
def test_no_command_imports_a_file_that_is_still_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    path = tmp_path / "rows.csv"
    # A file of suppressions has no columns that mean nothing.
    title, rest = ("uin", "") if "suppressions" in command else ("uin,password,word", ",p,abc")
    first = 10_001
    if "holidays" in command:
        title, first, rest = "date", 2001, "-10-01"
    path.write_text(f"{title}\n{first}{rest}\n")
    words, opened, later = OptOutWord.objects.count(), Path.open, count(first + 1)

    def written(self: Path, *arguments: Any, **more: Any) -> Any:
        file = opened(self, *arguments, **more)
        if self == path:
            with opened(self, "a") as other:
                other.write(f"{next(later)}{rest}\n")
        return file

    monkeypatch.setattr(Path, "open", written)
    given = [str(path) if word == "FILE" else word for word in command.split()]
    result = manage(*given, "--json")
    assert (result.status, result.json["error"]) == (1, "file_changed")
    assert not any(
        model.objects.exists()
        for model in (Contact, ContactList, Account, Suppression, ForbiddenWord)
    )
    assert not HolidayCalendar.objects.filter(name="new").exists()
    assert OptOutWord.objects.count() == words
