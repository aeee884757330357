"""Read every file of some folders, and compare the cells with openpyxl, calamine and xlrd.

    python -m tests.tabular.corpus FOLDER [FOLDER ...] [--show]

A file is *same* if each cell means the same to another reader. Numbers are compared as numbers and
dates as dates, because the others read values and ours reads what a cell shows. *refused* was
refused with a sentence, *slow* took more than ten seconds for its preview, and *large* more than
150 MB. If any other exception occurs, the file is *broken* and the exit status is 1.
"""

from __future__ import annotations

import argparse
import datetime
import multiprocessing
import os
import resource
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

ENDINGS = (".xls", ".xlsx", ".xlsm", ".csv", ".tsv")
SLOW_SECONDS, LARGE_MB = 10.0, 150
#: Rows of a sheet that are compared.
ROWS = 2_000
#: Seconds for a file and all readers; the other readers may loop forever.
LONGEST = 120.0

Cells = list[list[str]]


def main() -> int:
    """Read and compare; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--show", action="store_true", help="name the files that are not the same")
    options = parser.parse_args()
    counted: Counter[tuple[str, str]] = Counter()
    for path in sorted(file for folder in options.folders for file in _files(folder)):
        words, note = _apart(path)
        kind = path.suffix.lower().removeprefix(".")
        for word in words:
            counted[kind, word] += 1
        if options.show and words != ["same"]:
            print(f"{' '.join(words):18} {path}  {note}")
    for (kind, word), count in sorted(counted.items()):
        print(f"{kind:6} {word:10} {count}")
    return 1 if any(word == "broken" for _kind, word in counted) else 0


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS)


def _apart(path: Path) -> tuple[list[str], str]:
    """Judge a file in a process of its own, which the other readers may crash."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_judge, args=(path, theirs))
    process.start()
    theirs.close()
    words, note = ["broken"], "no answer"
    if ours.poll(LONGEST):
        try:
            words, note = ours.recv()
        except EOFError:
            note = f"ended with {process.exitcode}"
        if ours.poll(LONGEST):  # the comparison, once our own reader has answered
            try:
                words, note = ours.recv()
            except EOFError:
                words, note = [*words, "alone"], "the other readers broke"
        else:
            words, note = [*words, "alone"], "the other readers loop"
    process.kill()
    process.join()
    return words, note


def _judge(path: Path, answer: Any) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
    from tabular import FileProblem, inspect_table, open_table

    words: list[str] = []
    before, started = _peak(), time.monotonic()
    sheets: dict[str, Cells] = {}
    note = ""
    try:
        found = inspect_table(path, header_line=0)
        seconds = time.monotonic() - started
        for name in found.layout.sheets or ("",):
            sheets[name] = _ours(open_table(path, sheet=name).rows())
    except FileProblem as problem:
        words, note = ["refused"], f"{problem.code}: {problem.sentence}"
        seconds = time.monotonic() - started
    except Exception as problem:
        words, note, seconds = ["broken"], f"{type(problem).__name__}: {problem}", 0.0
    if seconds > SLOW_SECONDS:
        words.append("slow")
    if _peak() - before > LARGE_MB:
        words.append("large")
    answer.send((words, note))
    if sheets and path.suffix.lower() in (".xls", ".xlsx", ".xlsm"):
        word, note = _compared(path, sheets)
        words.append(word)
    elif sheets:
        words.append("read")
    answer.send((words, note))


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _ours(rows: Iterator[tuple[int, list[str], str]]) -> Cells:
    cells: Cells = []
    for line, row, _problem in rows:
        if line > ROWS:
            break
        cells += [[]] * (line - len(cells) - 1)
        cells.append(row)
    return cells


def _compared(path: Path, sheets: dict[str, Cells]) -> tuple[str, str]:
    """Return "same" if another reader reads the same, else the first difference to each."""
    notes = []
    for read in (_by_calamine, _by_openpyxl, _by_xlrd):
        try:
            difference = _difference(sheets, read(path))
        except BaseException as problem:  # a panic of calamine is no Exception
            notes.append(f"{read.__name__[4:]}: {type(problem).__name__}")
            continue
        if not difference:
            return "same", ""
        notes.append(f"{read.__name__[4:]}: {difference}")
    are_broken = all(" " not in note.partition(": ")[2] for note in notes)
    return ("alone" if are_broken else "different"), "; ".join(notes)


def _by_calamine(path: Path) -> dict[str, list[list[Any]]]:
    from python_calamine import load_workbook

    book = load_workbook(str(path))
    return {
        name: book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        for name in book.sheet_names
    }


def _by_openpyxl(path: Path) -> dict[str, list[list[Any]]]:
    import openpyxl

    book = openpyxl.load_workbook(path, data_only=True)
    return {
        sheet.title: [list(row) for row in sheet.iter_rows(max_row=ROWS, values_only=True)]
        for sheet in book.worksheets
    }


def _by_xlrd(path: Path) -> dict[str, list[list[Any]]]:
    import xlrd  # type: ignore[import-untyped]

    book = xlrd.open_workbook(str(path))

    def value(cell: Any) -> Any:
        if cell.ctype == xlrd.XL_CELL_DATE:
            try:
                return xlrd.xldate.xldate_as_datetime(cell.value, book.datemode)
            except ValueError:
                return cell.value
        if cell.ctype == xlrd.XL_CELL_BOOLEAN:
            return bool(cell.value)
        return "" if cell.ctype == xlrd.XL_CELL_ERROR else cell.value

    return {
        sheet.name: [[value(cell) for cell in row] for row in sheet.get_rows()]
        for sheet in book.sheets()
    }


def _difference(ours: dict[str, Cells], theirs: dict[str, list[list[Any]]]) -> str:
    for name, cells in ours.items():
        if name not in theirs:
            return f"no sheet {name!r} there"
        for line, (our, their) in enumerate(_paired(cells, theirs[name][:ROWS]), 1):
            for column, (text, value) in enumerate(_paired(our, their), 1):
                if column <= 500 and not _is_same(text or "", value):
                    return f"{name!r} line {line} column {column}: {text!r} is {value!r} there"
    return ""


def _paired(one: list[Any], other: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Pair the items of two rows, or of two tables, of different length."""
    return zip_longest(one, other, fillvalue=[] if _is_table(one) or _is_table(other) else None)


def _is_table(found: list[Any]) -> bool:
    return bool(found) and isinstance(found[0], list)


def _is_same(text: str, value: Any) -> bool:
    if value is None or value == "" or (isinstance(value, str) and value.startswith("#")):
        return text.strip() == "" or text == value
    if isinstance(value, bool):
        return text == str(value).upper()
    if isinstance(value, datetime.timedelta):
        return _seconds(text) == round(value.total_seconds())
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return _is_moment(text, value)
    if isinstance(value, int | float):
        return _is_number(text, float(value))
    return text.split() == str(value).split()


def _is_number(text: str, value: float) -> bool:
    scale = 100 if text.endswith("%") else 1
    try:
        number = float(text.removesuffix("%")) / scale
    except ValueError:
        return False
    return abs(number - value) <= 1e-9 * max(1.0, abs(value))


def _is_moment(text: str, value: datetime.datetime | datetime.date | datetime.time) -> bool:
    """Return whether both are the same moment to the second; a time may have a hidden date."""
    if isinstance(value, datetime.datetime):
        value += datetime.timedelta(microseconds=500_000)
        shown = value.isoformat(sep=" ", timespec="seconds")
    else:
        shown = value.isoformat()[:19]
    return shown in (text, text + " 00:00:00") or (":" in text and shown.endswith(text))


def _seconds(text: str) -> int | None:
    parts = text.lstrip("-").split(":")
    if len(parts) != 3 or not all(part.isdecimal() for part in parts):
        return None
    total = int(parts[0]) * 3_600 + int(parts[1]) * 60 + int(parts[2])
    return -total if text.startswith("-") else total


if __name__ == "__main__":
    sys.exit(main())
