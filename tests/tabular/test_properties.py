"""For any text, what was written is read back; any bytes are read or refused with a sentence."""

from __future__ import annotations

import csv
import io
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from contacts.imports.merge import applied, merge, taken_back
from contacts.imports.rows import PersonReader
from contacts.states import ImportPolicy
from foundation.uins import UIN_MAX, UIN_MIN
from tabular import (
    CellProblem,
    CsvWriter,
    FileProblem,
    FirstLines,
    RowProblem,
    XlsxWriter,
    csv_table,
    escape_formula,
    inspect_table,
    open_table,
    unescape_formula,
    whole_number,
)
from tabular.tables import Layout
from tabular.writing import CsvText
from tests.examples import examples
from tests.tabular.making import RELATIONS, WORKBOOK, sheet_of

RELAXED = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=examples(60)
)
TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=20)
CELLS = st.lists(st.lists(TEXT, min_size=3, max_size=3), min_size=1, max_size=8)
#: Pieces of tables, and pieces that break them.
PIECES = st.sampled_from(
    b'uin|10001|,|\n|\r\n|"|\t|;|\xff|\xc4\xe3|\x00|\xe4\xbd\xa0|\xef\xbb\xbf|\xff\xfe|=1|1.2E+9|'
    b"PK\x03\x04| ".split(b"|")
)


def _file(data: bytes) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="qqprop-"))
    path = folder / "t"
    path.write_bytes(data)
    return path


def _read(data: bytes) -> list[tuple[int, list[str], str]]:
    path = _file(data)
    try:
        inspect_table(path)
        return list(open_table(path).rows())
    finally:
        path.unlink()
        path.parent.rmdir()


def _read_or_refused(data: bytes) -> list[tuple[int, list[str], str]]:
    """Return the rows, or none if the file is refused; a refusal must have a sentence."""
    try:
        return _read(data)
    except FileProblem as problem:
        sentence = problem.sentence
    assert sentence
    return []


@RELAXED
@given(CELLS, st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]))
def test_a_csv_of_a_spreadsheet_keeps_every_cell(rows: list[list[str]], encoding: str) -> None:
    # More control characters than this are taken for a binary file, and refused.
    text = "".join(cell for row in rows for cell in row)
    assume(sum(char < " " for char in text) <= 20)
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([["uin", "name", "city"], *rows])
    path = _file(out.getvalue().encode(encoding))
    table = open_table(path, encoding=encoding, delimiter=",")
    found = [cells for _line, cells, _problem in table.rows()][1:]
    path.unlink()
    path.parent.rmdir()
    assert found == [row for row in rows if any(row)]


@RELAXED
@given(st.lists(st.lists(TEXT, min_size=2, max_size=2), min_size=1, max_size=6))
def test_a_workbook_of_xlsx_writer_keeps_every_cell(rows: list[list[str]]) -> None:
    out = io.BytesIO()
    writer = XlsxWriter(out)
    clean = [["".join(c for c in cell if c.isprintable()) for cell in row] for row in rows]
    writer.write([["uin", "name"], *clean])
    writer.close()
    found = [cells for _line, cells, _problem in _read(out.getvalue())]
    padded = [[*cells, "", ""][:2] for cells in found[1:]]
    assert padded == [[escape_formula(cell) for cell in row] for row in clean if any(row)]


@RELAXED
@given(st.lists(PIECES, max_size=120).map(b"".join) | st.binary(max_size=3_000))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    lines = [line for line, _cells, _problem in _read_or_refused(data)]
    assert lines == sorted(set(lines)), "each line once, in order"


@RELAXED
@given(st.binary(min_size=1, max_size=2_000), st.sampled_from(["sheet", "strings", "workbook"]))
def test_any_bytes_inside_a_workbook_are_read_or_refused(data: bytes, part: str) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.xml", data if part == "workbook" else WORKBOOK)
        archive.writestr("xl/_rels/workbook.xml.rels", RELATIONS)
        sheet = sheet_of(b'<row><c t="s"><v>0</v></c><c><v>' + data + b"</v></c></row>")
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
        strings = data if part == "strings" else b"<sst><si><t>a</t></si></sst>"
        archive.writestr("xl/sharedStrings.xml", strings)
    _read_or_refused(out.getvalue())


@RELAXED
@given(TEXT | st.text(st.sampled_from("'=+-@ 1\t%a"), max_size=6))
def test_unescaping_returns_every_escaped_cell(text: str) -> None:
    shown = escape_formula(text)
    assert shown in (text, "'" + text)
    assert unescape_formula(shown) == text


@RELAXED
@given(st.text(max_size=40))
def test_any_cell_is_a_number_in_range_or_has_a_reason(cell: str) -> None:
    try:
        number, reason = whole_number(cell, least=UIN_MIN, most=UIN_MAX), ""
    except CellProblem as problem:
        number, reason = 0, str(problem)
    assert bool(reason) != (UIN_MIN <= number <= UIN_MAX)


@RELAXED
@given(st.lists(st.integers(0, 2**32 - 1) | st.integers(0, 300), max_size=200))
def test_first_lines_equal_those_of_a_dict(numbers: list[int]) -> None:
    seen, model = FirstLines(), dict[int, int]()
    for line, number in enumerate(numbers, 1):
        assert seen.note(number, line) == model.get(number, 0)
        model.setdefault(number, line)


@RELAXED
@given(st.lists(st.lists(st.integers(0, 70_000), max_size=20), max_size=5))
def test_many_numbers_are_noted_as_they_are_one_by_one(pieces: list[list[int]]) -> None:
    whole, one_by_one, line = FirstLines(), FirstLines(), 0
    for numbers in pieces:
        lines = range(line + 1, line + 1 + len(numbers))
        line += len(numbers)
        expected = [
            one_by_one.note(number, at) if number else 0
            for number, at in zip(numbers, lines, strict=True)
        ]
        assert whole.note_all(numbers, lines) == expected
    assert len(whole) == len(one_by_one)


@RELAXED
@given(st.lists(st.lists(st.one_of(TEXT, st.sampled_from(["=1", " x", "-5"])), max_size=3)))
def test_many_rows_are_written_as_they_are_one_by_one(rows: list[list[str]]) -> None:
    whole, one_by_one = CsvText(), CsvText()
    whole.add_all(rows)
    for row in rows:
        one_by_one.add(row)
    assert whole.take() == one_by_one.take()


@RELAXED
@given(st.lists(PIECES, max_size=120).map(b"".join), st.integers(1, 9), st.sampled_from(",;"))
def test_a_csv_is_read_alike_in_batches_of_any_size(data: bytes, size: int, mark: str) -> None:
    """Many lines are read at once where each is a row; the others one by one."""
    path = _file(data)
    layout = Layout("csv", encoding="utf-8", delimiter=mark)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_table.CsvTable, "_plain_rows", lambda *_arguments: ())
        expected = list(csv_table.CsvTable(path, layout).rows())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_table, "_BATCH", size)
        found = list(csv_table.CsvTable(path, layout).rows())
    path.unlink()
    path.parent.rmdir()
    assert found == expected


@RELAXED
@given(st.lists(st.lists(st.text(max_size=8), max_size=5), max_size=20))
def test_any_row_is_a_person_or_has_a_reason(rows: list[list[str]]) -> None:
    reader = PersonReader(columns=["uin", "name", "c"], mapping=["uin", "name", "attribute:c"])
    for line, cells in enumerate(rows, 1):
        try:
            uin, reason = reader.read(line, cells)[0], ""
        except RowProblem as problem:
            uin, reason = 0, problem.reason
        assert bool(reason) != (UIN_MIN <= uin <= UIN_MAX)


VALUES = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["1", "2", "", None]))
GIVEN = st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["1", "2", "3"]))


@RELAXED
@pytest.mark.parametrize("policy", ImportPolicy.values)
@given(
    st.sampled_from(["", "x"]),
    VALUES.map(lambda v: {k: x for k, x in v.items() if x is not None}),
    st.sampled_from(["", "y"]),
    GIVEN,
)
def test_undoing_a_change_restores_the_person(
    policy: str, name: str, attributes: dict[str, str], new: str, given_: dict[str, str]
) -> None:
    changes = merge(
        policy=policy, name=name, attributes=attributes, new_name=new, new_attributes=given_
    )
    after = applied(changes, name=name, attributes=attributes)
    assert taken_back(changes, name=after[0], attributes=after[1]) == (name, attributes)
    if policy == ImportPolicy.OVERWRITE:
        assert after == (new or name, {**attributes, **given_})
    else:
        kept = {key: value for key, value in attributes.items() if value}
        assert {key: after[1][key] for key in kept} == kept
        assert after[0] == name or not name


def test_a_csv_of_csv_writer_keeps_every_cell(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    with path.open("wb") as out:
        CsvWriter(out).write([["uin", "x"], [10001, 'a,"b"\nc']])
    assert [cells for _line, cells, _p in open_table(path).rows()] == [
        ["uin", "x"],
        ["10001", 'a,"b"\nc'],
    ]
