"""Reading a file for an import takes little memory, however long its rows are."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from contacts.imports.chunks import FileToRead, read_chunks
from tests.tabular.making import memory_to_inspect, sheet_of, workbook

#: Attributes of each person, and the characters of each.
COLUMNS, CHARACTERS = 100, 9_900
#: Reads a file, and prints the rows and the peak memory that this took, in MB.
_PROGRAM = """
import json, sys
from pathlib import Path
from django.conf import settings
from django.apps import apps
settings.configure(INSTALLED_APPS=[], USE_I18N=False)
apps.populate(())
from contacts.imports.chunks import FileToRead, read_chunks
from contacts.imports.chunks_as_bytes import CHUNK, as_values, frame
file = FileToRead(**json.load(sys.stdin))
def peak():
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) // 1024
before, rows = peak(), 0
for chunk in read_chunks(file):
    rows += chunk.people.count
    frame(CHUNK, as_values(chunk))
    del chunk
print(rows, peak() - before)
"""


def _file(path: Path, **changed: Any) -> FileToRead:
    titles = ["uin", *(f"c{number}" for number in range(COLUMNS))]
    values: dict[str, Any] = {
        "path": str(path),
        "name": path.name,
        "encoding": "utf-8",
        "delimiter": ",",
        "sheet": "",
        "header_line": 1,
        "columns": titles,
        "mapping": ["uin", *(f"attribute:{title}" for title in titles[1:])],
        "kind": "csv",
        "types": {},
        "vendor": "sqlite",
        "behind": 0,
        "chunk_rows": 5_000,
        "piece_rows": 1_000,
        "language": "en",
    }
    return FileToRead(**values | changed)


def _long_rows(path: Path, count: int) -> Path:
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join(["uin", *(f"c{number}" for number in range(COLUMNS))]) + "\n")
        for number in range(count):
            file.write(f"{10_000 + number}" + f",{'长' * CHARACTERS}" * COLUMNS + "\n")
    return path


def _rows_and_memory(file: FileToRead) -> list[int]:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        input=json.dumps(asdict(file)),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return list(map(int, done.stdout.split()))


@pytest.mark.slow
@pytest.mark.parametrize("vendor", ["sqlite", "postgresql"])
def test_rows_of_a_megabyte_take_little_memory(tmp_path: Path, vendor: str) -> None:
    """A thousand of them, which would be read at once if they were short, would take gigabytes."""
    path = _long_rows(tmp_path / "long.csv", 60)
    rows, megabytes = _rows_and_memory(_file(path, vendor=vendor))
    assert rows == 60
    assert megabytes < 120


@pytest.mark.slow
def test_a_text_that_many_cells_share_takes_little_memory(tmp_path: Path) -> None:
    """The file is small; each row is a megabyte as it is stored."""
    strings = "".join(f"<si><t>c{number}</t></si>" for number in range(COLUMNS))
    shared = f"<sst><si><t>uin</t></si>{strings}<si><t>{'x' * CHARACTERS}</t></si></sst>"
    header = "".join(f'<c t="s"><v>{number}</v></c>' for number in range(COLUMNS + 1))
    cells = f'<c t="s"><v>{COLUMNS + 1}</v></c>' * COLUMNS
    rows = [f"<row>{header}</row>"]
    rows += [f"<row><c><v>{10_000 + number}</v></c>{cells}</row>" for number in range(300)]
    path = tmp_path / "shared.xlsx"
    path.write_bytes(workbook(sheet_of("".join(rows).encode()), shared.encode()))
    assert path.stat().st_size < 1 << 20
    found, megabytes = _rows_and_memory(_file(path, kind="xlsx", encoding="", delimiter=""))
    assert found == 300
    assert megabytes < 120


@pytest.mark.slow
def test_a_look_at_long_rows_takes_little_memory(tmp_path: Path) -> None:
    _long_rows(tmp_path / "long.csv", 60)
    megabytes, report = memory_to_inspect(tmp_path)
    assert megabytes < 80, report


@pytest.mark.slow
def test_long_rows_are_read_on_behind_any_row(tmp_path: Path) -> None:
    path = _long_rows(tmp_path / "long.csv", 12)
    for behind in (0, 1, 7, 11, 12):
        chunks = list(read_chunks(_file(path, behind=behind)))
        assert sum(chunk.rows for chunk in chunks) == 12 - behind
        assert max((chunk.rows for chunk in chunks), default=0) <= 7
