"""A piece of a file, read column by column, gives what its rows give one by one."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from contacts.imports.cells import meant
from contacts.imports.pieces import read_piece
from contacts.imports.rows import Person, PersonReader
from contacts.imports.typed_cells import typed_columns
from contacts.typed_values.types import read_value, type_named
from tabular import RowProblem

RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=300)
#: Cells that are read with their column, and those that need a look of their own.
_CELLS = (
    "|a|王|王五| x |'=1|='2'|=3|#N/A|###|x=#'|say \"hi\"|back\\slash|%s|tab\tbed|\u3164|\u200b|"
    "\u3000|王\u3000五|\u2800|\ufe0f|\u034fa|\x01|\u0301|😀|12|-"
)
_UINS = "10001|10002| 10003|10004.0|１０００５|²|99|99999999999|4294967296|a@b||10006@qq.com|-5"
CELLS = st.sampled_from([*_CELLS.split("|"), "1" * 256, "长" * 10_001])
UINS = st.sampled_from(_UINS.split("|"))
PLAIN_UINS = st.integers(10_000, 10_050).map(str)
ROWS = st.lists(
    st.one_of(
        st.tuples(PLAIN_UINS, CELLS, CELLS, CELLS).map(list),
        st.tuples(UINS, CELLS, CELLS, CELLS).map(list),
        st.lists(CELLS, max_size=6),
    ),
    min_size=1,
    max_size=12,
)


@RELAXED
@example(rows=[["10000", "", "\x01", "1"]], has_name=False, has_type=False)
@given(rows=ROWS, has_name=st.booleans(), has_type=st.booleans())
def test_a_piece_is_read_as_its_rows_are(
    rows: list[list[str]], has_name: bool, has_type: bool
) -> None:
    one_by_one, whole = (
        PersonReader(
            columns=["uin", "name", "a", "b"],
            mapping=["uin", "name" if has_name else "", "attribute:1%s", "attribute:b"],
            types={"b": type_named("number")} if has_type else {},
        )
        for _number in range(2)
    )
    numbered = [
        (line, cells, "broken" if len(cells) == 5 else "") for line, cells in enumerate(rows, 1)
    ]
    people: list[Person] = []
    rejected = []
    for row in numbered:
        try:
            people.append(one_by_one.read(*row))
        except RowProblem as problem:
            rejected.append((row, problem.column, problem.reason))
    found, bad = read_piece(whole, numbered)
    assert found == people
    assert [(row, problem.column, problem.reason) for row, problem in bad] == rejected
    assert whole.notes == one_by_one.notes
    assert whole.unread == one_by_one.unread
    assert all(isinstance(json.loads(person[2], strict=False), dict) for person in found)


def test_a_rejected_row_keeps_no_rows_alive() -> None:
    reader = PersonReader(columns=["uin"], mapping=["uin"])
    _people, bad = read_piece(reader, [(1, ["no number"], "")])
    assert bad[0][1].__traceback__ is None


@pytest.mark.parametrize("kind", ["number", "date:dmy", "yes_no"])
def test_a_cell_is_read_alike_whenever_it_comes(kind: str) -> None:
    value_type = type_named(kind)
    (column,) = typed_columns(["attribute:a"], {"a": value_type})
    cells = (
        "0|00|007|12|1 200|１２|²|-5|1.5|9999999999999999|999999999999999|3/1/26|yes|否|'=1|#N/A||x"
    )
    for cell in [*cells.split("|"), *cells.split("|")]:
        reading = read_value(value_type, meant(cell.strip()))
        expected = "" if reading is None else f'"a":{json.dumps(reading)}'
        assert column.member(cell) == expected, cell
    assert column.count % 2 == 0  # an unreadable cell counts each time
    assert column.count > 0
