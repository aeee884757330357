"""Reading many rows as people at once, column by column.

Most rows of a file are plain: as many cells as columns, a UIN in digits, values that show something
and carry no mark. Their columns are checked and written as JSON by a few calls each, which takes a
third of the time of reading row by row. Every other row is read by `PersonReader.read`, in its
turn, so the results are the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring as _encoded
from operator import itemgetter
from typing import Any

from contacts.imports.cells import MARKS
from contacts.imports.rows import LONGEST_NAME, Person, PersonReader
from contacts.imports.typed_cells import readings_json, readings_of_columns
from contacts.typed_values.characters import LONGEST_ATTRIBUTE
from foundation.uins import UIN_MAX, UIN_MIN
from tabular import Row, RowProblem

#: Printable characters that show nothing. Those of other kinds are not printable for Python.
_HIDDEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
#: The first character of a value that shows something: a letter, a digit, or visible ASCII.
_SEEN = re.compile(r"[\w!-~](?<![\u115f\u1160\u3164\uffa0])")
Bad = tuple[Row, RowProblem]


def read_piece(reader: PersonReader, rows: Sequence[Row]) -> tuple[list[Person], list[Bad]]:
    """Return the people of rows, and the other rows with the reason why they are none.

    The result is that of `reader.read` for one row after the other.
    """
    blank = [""] * reader.width
    cells = [
        row[1] if len(row[1]) == reader.width and not row[2] else blank  # a blank UIN is not plain
        for row in rows
    ]
    columns = list(zip(*cells, strict=True))
    uins = _uins(columns[reader.uin])
    names = [""] * len(rows)
    if reader.name is not None:
        names = list(map(str.strip, columns[reader.name]))
        _leave_out(uins, _odd_places(names, "".join(names), longest=LONGEST_NAME))
    written = _written(reader, columns, uins)
    readings = readings_of_columns(reader.typed, columns) if reader.typed else None
    if readings is not None or not reader.typed:
        refused_ones = _refused(reader, cells, uins, blank)
        if refused_ones is not None:
            values: list[Sequence[Any]] = [uins, names, written]
            if readings is not None:
                values.append(readings)
            return _sorted_out(reader, rows, values, refused_ones)
    good: list[Person] = []
    bad: list[Bad] = []
    note, types = reader.seen.note, reader.typed
    for at, (row, uin) in enumerate(zip(rows, uins, strict=True)):
        if not uin:
            # A UIN comes first of all that can be wrong with the cells of a row.
            refused = reader.refused(cells[at][reader.uin])
            try:
                if refused is None or cells[at] is blank:
                    good.append(reader.read(*row))
                else:
                    bad.append((row, refused))
            except RowProblem as problem:
                # Without the traceback, which would keep all rows alive, in a cycle.
                bad.append((row, problem.with_traceback(None)))
        elif first := note(uin, row[0]):
            bad.append((row, reader.duplicate_of(first)))
        elif readings is not None:
            good.append((uin, names[at], written[at], readings[at]))
        elif types:
            good.append((uin, names[at], written[at], readings_json(types, row[1])))
        else:
            good.append((uin, names[at], written[at]))
    return good, bad


def _refused(
    reader: PersonReader, cells: Sequence[list[str]], uins: Sequence[int], blank: list[str]
) -> dict[int, RowProblem] | None:
    """Return the places without a UIN, each with a reason that is known.

    The result is None if a row has to be read by itself.
    """
    found = {}
    for at in [at for at, uin in enumerate(uins) if not uin]:
        refused = reader.refused(cells[at][reader.uin]) if cells[at] is not blank else None
        if refused is None:
            return None
        found[at] = refused
    return found


def _sorted_out(
    reader: PersonReader,
    rows: Sequence[Row],
    values: Sequence[Sequence[Any]],
    refused: Mapping[int, RowProblem],
) -> tuple[list[Person], list[Bad]]:
    """Return the people and the other rows, where none has to be read by itself.

    Args:
        reader: the reader, which knows the UINs before.
        rows: the rows.
        values: their UINs, names, attributes and perhaps readings, each by row.
        refused: the places of rows without a UIN.
    """
    uins = values[0]
    firsts = reader.seen.note_all(uins, map(itemgetter(0), rows))
    people = zip(*values, strict=True)
    if not refused and not any(firsts):
        return list(people), []
    bad = dict(refused)
    for at, first in enumerate(firsts):
        if first:
            bad[at] = reader.duplicate_of(first)
    good = [person for person, first in zip(people, firsts, strict=True) if person[0] and not first]
    return good, [(rows[at], bad[at]) for at in sorted(bad)]


def _uins(cells: Sequence[str]) -> list[int]:
    """Return the UIN of each cell, 0 if it is not written as one in digits."""
    if "".join(cells).isascii():
        uins = [int(cell) if cell.isdigit() and len(cell) < 11 else 0 for cell in cells]
    else:
        uins = [
            int(cell) if cell.isdigit() and cell.isascii() and len(cell) < 11 else 0
            for cell in cells
        ]
    if min(uins) < UIN_MIN or max(uins) > UIN_MAX:
        uins = [uin if UIN_MIN <= uin <= UIN_MAX else 0 for uin in uins]
    return uins


def _leave_out(uins: list[int], places: Sequence[int]) -> None:
    for place in places:
        uins[place] = 0


def _odd_places(values: Sequence[str], text: str, *, longest: int) -> list[int]:
    """Return the places of values that `PersonReader` changes or rejects, or may.

    Args:
        values: the values, without outer blanks.
        text: what they consist of; it may have outer blanks.
        longest: the most characters of a value.
    """
    odd: list[int] = []
    if any(mark in text for mark in MARKS):
        odd += [at for at, value in enumerate(values) if value and value[0] in MARKS]
    if not text.isprintable() or (not text.isascii() and _HIDDEN.search(text)):
        odd += [at for at, value in enumerate(values) if value and not _SEEN.match(value)]
    if len(text) > longest and max(map(len, values)) > longest:
        odd += [at for at, value in enumerate(values) if len(value) > longest]
    return odd


def _written(reader: PersonReader, columns: Sequence[Sequence[str]], uins: list[int]) -> list[str]:
    """Return the attributes of each row as JSON; set the UIN to 0 where a value is odd."""
    template, filled = "", False
    members: list[Sequence[str]] = []
    for key, number in reader.attributes:
        values: Sequence[str] = columns[number]
        text = "".join(values)
        is_printable = text.isprintable()
        if " " in text or not is_printable:  # only then is there something to cut
            values = list(map(str.strip, values))
        _leave_out(uins, _odd_places(values, text, longest=LONGEST_ATTRIBUTE))
        is_plain = is_printable and '"' not in text and "\\" not in text
        if "" not in values:
            member = key.replace("%", "%%") + ('"%s"' if is_plain else "%s")
            template += f",{member}" if filled else member
            filled = True
            members.append(values if is_plain else list(map(_encoded, values)))
            continue
        # Members that a row may lack bring their comma with them.
        before, behind = (",", "") if filled else ("", ",")
        template += "%s"
        members.append(
            [f"{before}{key}{_encoded(value)}{behind}" if value else "" for value in values]
        )
    if not members:
        return ["{}"] * len(uins)
    rows = zip(*members, strict=True)
    if filled:
        return list(map(("{" + template + "}").__mod__, rows))
    return ["{" + "".join(row)[:-1] + "}" for row in rows]
