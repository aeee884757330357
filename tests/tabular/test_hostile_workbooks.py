"""Hostile and damaged workbooks take bounded time and memory, and do not end the process."""

from __future__ import annotations

import random
import threading
import time
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from struct import pack_into

import pytest

from tabular import FileProblem, inspect_table, open_table
from tabular.time_limit import time_limit
from tests.tabular.making import memory_to_inspect, sheet_of, workbook

CASES = Path(__file__).parent / "cases"
XLS = (CASES / "wps_two_header_rows.xls").read_bytes()
ROW = b'<row><c r="A1"><v>10001</v></c></row>'


def _read(path: Path) -> int:
    """Read a file to its end; return the number of its rows, or -1 if it is refused."""
    try:
        inspect_table(path)
        return sum(1 for _row in open_table(path).rows())
    except FileProblem:
        return -1


def _patched(at: int, value: int) -> bytes:
    data = bytearray(XLS)
    pack_into("<I", data, at, value)
    return bytes(data)


def _fat_of_itself() -> bytes:
    """Return a workbook in which every sector is followed by itself."""
    data = bytearray(XLS)
    fat = 512 * (int.from_bytes(data[76:80], "little") + 1)
    for number in range(128):
        pack_into("<I", data, fat + 4 * number, number)
    return bytes(data)


def _many_parts() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(60_000):
            archive.writestr(f"{number}", b"")
    return out.getvalue()


def _styles(inside: bytes) -> bytes:
    return workbook(sheet_of(ROW), styles=b"<styleSheet>" + inside + b"</styleSheet>")


#: Workbooks that could take much memory or time; each has a few MB at most.
HOSTILE: dict[str, Callable[[], bytes]] = {
    "sectors in circles": _fat_of_itself,
    "a directory in a circle": lambda: _patched(48, 0),
    "a list of tables in a circle": lambda: _patched(68, 0),
    "many tables": lambda: _patched(44, 0xFFFF),
    "small sectors in a circle": lambda: _patched(60, 0),
    "all streams small": lambda: _patched(56, 0xFFFFFFFF),
    "sectors of no size": lambda: XLS[:30] + b"\0\0\0\0" + XLS[34:],
    "a million tags in the styles": lambda: _styles(b"<a/>" * 3_000_000),
    "a million tags inside each other": lambda: _styles(b"<a>" * 3_000_000),
    "a million styles": lambda: _styles(
        b"<cellXfs>" + b'<xf numFmtId="9"/>' * 800_000 + b"</cellXfs>"
    ),
    "a row of a million tags": lambda: workbook(
        sheet_of(b"<row>" + b"<x/>" * 3_000_000 + b"</row>")
    ),
    "a cell of a million tags": lambda: workbook(
        sheet_of(b"<row><c>" + b"<x/>" * 3_000_000 + b"</c></row>")
    ),
    "a million tags before the rows": lambda: workbook(
        sheet_of(ROW).replace(b"<sheetData>", b"<x/>" * 3_000_000 + b"<sheetData>")
    ),
    "a string of a million tags": lambda: workbook(
        sheet_of(b'<row><c t="s"><v>0</v></c></row>'),
        b"<sst><si>" + b"<r/>" * 3_000_000 + b"</si></sst>",
    ),
    "a row of many tags": lambda: workbook(sheet_of(b"<row>" + b"<x/>" * 990_000 + b"</row>")),
    "a string of many tags": lambda: workbook(
        sheet_of(b'<row><c t="s"><v>0</v></c></row>'),
        b"<sst><si>" + b"<r/>" * 990_000 + b"</si></sst>",
    ),
    "a list of many parts": _many_parts,
    "a long number": lambda: workbook(
        sheet_of(b'<row><c r="A1"><v>' + b"1" * 3_000_000 + b"</v></c></row>")
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_workbook_is_read_or_refused_within_ten_seconds(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / "people.xls"
    path.write_bytes(HOSTILE[name]())
    started = time.monotonic()
    _read(path)
    assert time.monotonic() - started < 10


@pytest.mark.slow
def test_hostile_workbooks_take_little_memory(tmp_path: Path) -> None:
    """All of them are inspected in one process, which may take 150 MB in addition."""
    for number, make in enumerate(HOSTILE.values()):
        (tmp_path / f"{number:02}.xls").write_bytes(make())
    megabytes, report = memory_to_inspect(tmp_path)
    assert megabytes < 150, report


def test_a_workbook_cut_off_anywhere_is_read_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "people.xls"
    whole = _read(CASES / "wps_two_header_rows.xls")
    for length in range(0, len(XLS), 41):
        path.write_bytes(XLS[:length])
        assert _read(path) <= whole


@pytest.mark.slow
def test_a_workbook_with_random_damage_is_read_or_refused(tmp_path: Path) -> None:
    path, chance = tmp_path / "people.xls", random.Random(7)
    for _time in range(300):
        data = bytearray(XLS)
        for _spot in range(chance.randint(1, 6)):
            at, length = chance.randrange(len(data)), chance.choice([1, 2, 4, 64])
            data[at : at + length] = chance.choice([chance.randbytes(length), b"\xff" * length])
        path.write_bytes(data)
        started = time.monotonic()
        _read(path)
        assert time.monotonic() - started < 10


@pytest.mark.slow
def test_a_long_sheet_of_empty_cells_is_refused_when_the_time_is_over(tmp_path: Path) -> None:
    path = tmp_path / "people.xlsx"
    rows = (b"<row>" + b'<c r="A1"/>' * 300 + b"</row>") * 20_000
    path.write_bytes(workbook(sheet_of(rows)))
    with pytest.raises(FileProblem) as refusal, time_limit(0.2):
        list(open_table(path).rows())
    assert refusal.value.code == "too_slow"


def test_a_search_for_a_late_string_is_refused_when_the_time_is_over(tmp_path: Path) -> None:
    path = tmp_path / "people.xlsx"
    strings = b"<sst>" + b"<si><t>a</t></si>" * 2_000_000 + b"</sst>"
    path.write_bytes(workbook(sheet_of(b'<row><c t="s"><v>1999999</v></c></row>'), strings))
    with pytest.raises(FileProblem) as refusal, time_limit(0.1):
        list(open_table(path).rows())
    assert refusal.value.code == "too_slow"


@pytest.mark.slow
def test_a_reader_does_not_block_other_threads(tmp_path: Path) -> None:
    """A reader runs in one thread, as in the web process; no other thread waits for a second."""
    path = tmp_path / "people.xls"
    longest = {}
    for name, make in HOSTILE.items():
        path.write_bytes(make())
        longest[name] = min(_longest_wait(path) for _try in range(3))
    assert max(longest.values()) < 1.0, longest


def _longest_wait(path: Path) -> float:
    reader = threading.Thread(target=_read, args=(path,))
    reader.start()
    longest, last = 0.0, time.monotonic()
    while reader.is_alive():
        time.sleep(0.002)
        now = time.monotonic()
        longest, last = max(longest, now - last), now
    return longest


def test_rows_out_of_order_are_sorted(tmp_path: Path) -> None:
    path = tmp_path / "people.xls"
    data = bytearray((CASES / "xls_two_rows.xls").read_bytes())
    title = data.find(b"\xfd\x00\x0a\x00\x00\x00")  # a shared string in row 0
    pack_into("<H", data, title + 4, 7)
    path.write_bytes(data)
    assert list(open_table(path).rows()) == [(2, ["100001"], ""), (8, ["QQ"], "")]
