"""Cells of a workbook as text: what they show, as far as a person can tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import itemgetter
from xml.etree import ElementTree as ET

from foundation.sentences import Sentence as _
from tabular.tables import LONGEST_CELL, MOST_COLUMNS, Row
from tabular.xlsx_parts import as_date, local
from tabular.xlsx_rows import Usual, column_number
from tabular.xlsx_strings import SharedStrings

#: Combinations of cell types and styles that are remembered; a sheet has a handful.
_MOST_PLANS = 2_000


@dataclass(frozen=True, slots=True)
class _Plan:
    """What to do with the cells of a row of certain types and styles.

    Attributes:
        end: where in the matched row the last cell is, and one further.
        shared: columns of shared strings.
        numbers: columns of numbers, not of dates.
        chosen: picks those out of the cells.
        odd: (column, type, style) of all the others.
    """

    end: int
    shared: tuple[int, ...]
    numbers: tuple[int, ...]
    chosen: Callable[[list[str]], Iterable[str]]
    odd: tuple[tuple[int, str, str], ...]


class RowReader:
    """Turns rows, matched whole or parsed, into rows of text."""

    def __init__(self, strings: SharedStrings, date_styles: frozenset[str]) -> None:
        self._strings = strings
        self._date_styles = date_styles
        self._plans: dict[Usual, _Plan] = {}
        self._columns: dict[str, int] = {}
        self._line = 0

    def usual(self, row: Usual, line: int) -> Row:
        """Return the row that was matched whole.

        Args:
            row: see `tabular.xlsx_rows.Usual`.
            line: 0: the one behind the last.
        """
        self._line = line = line or self._line + 1
        marks = row[1::2]
        plan = self._plans.get(marks) or self._planned(marks)
        cells = [cell or "" for cell in row[2 : plan.end : 2]]
        kept = self._strings.kept
        for column in plan.shared:
            number = cells[column]
            text = kept.get(number)
            cells[column] = self._strings[number] if text is None else text
        # Mostly they are whole numbers, all of them; one look at all of them tells.
        if plan.numbers and not "".join(plan.chosen(cells)).isdecimal():
            for column in plan.numbers:
                cells[column] = _number(cells[column])
        for column, kind, style in plan.odd:
            cells[column] = self._shown(cells[column], kind, style)
        return line, cells, ""

    def _planned(self, marks: Usual) -> _Plan:
        shared, numbers, odd, end = [], [], [], 0
        for column, mark in enumerate(marks):
            if mark is None:
                continue
            end = 2 * column + 3
            found = dict(part.split("=") for part in mark.replace('"', "").split())
            kind, style = found.get("t", "n"), found.get("s", "")
            if kind == "s":
                shared.append(column)
            elif kind == "n" and style not in self._date_styles:
                numbers.append(column)
            else:
                odd.append((column, kind, style))
        chosen = itemgetter(*numbers or (0,))
        plan = _Plan(end, tuple(shared), tuple(numbers), chosen, tuple(odd))
        if len(self._plans) < _MOST_PLANS:
            self._plans[marks] = plan
        return plan

    def parsed(self, row: ET.Element, line: int) -> Row:
        """Return the row of an element; its line, where it is not known, is in the element."""
        given = row.get("r", "")
        if not line:
            line = int(given) if given.isascii() and given.isdigit() else self._line + 1
        self._line = line
        cells: list[str] = []
        problem = ""
        for cell in row:
            column = self._column(cell.get("r", ""), len(cells))
            if column >= MOST_COLUMNS:
                if self._text(cell):
                    problem = _("too many columns")
                continue
            width = len(cells)
            if column < width:  # out of order: bad, but readable
                cells[column] = self._text(cell)
                continue
            if column > width:
                cells.extend([""] * (column - width))
            cells.append(self._text(cell))
        return line, cells, problem

    def _column(self, reference: str, following: int) -> int:
        letters = reference.rstrip("0123456789")
        if not letters:
            return following
        known = self._columns.get(letters)
        if known is None:
            known = column_number(letters)
            if known < 0:
                return following
            if len(self._columns) < MOST_COLUMNS:
                self._columns[letters] = known
        return known

    def _text(self, cell: ET.Element) -> str:
        if not len(cell):
            return ""
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            return _joined(t.text for t in cell.iter() if local(t.tag) == "t")
        # A formula comes before its value: the last one is the value.
        return self._shown(cell[-1].text or "", kind, cell.get("s", ""))

    def _shown(self, value: str, kind: str, style: str) -> str:
        if kind == "s":
            return self._strings[value]
        if kind == "b" and value:
            return "TRUE" if value == "1" else "FALSE"
        if kind == "n":
            return as_date(value) if value and style in self._date_styles else _number(value)
        return value[:LONGEST_CELL]


def _number(value: str) -> str:
    """Return a number without the fraction of a whole one: 1.0 is 1, 1E3 is 1000."""
    if not value or value.isdecimal():
        return value[:LONGEST_CELL]
    try:
        number = float(value)
        is_whole = abs(number) < 1e15 and number == int(number)
    except (ValueError, OverflowError):
        return value[:LONGEST_CELL]
    return str(int(number)) if is_whole else value


def _joined(texts: Iterable[str | None]) -> str:
    return "".join(text or "" for text in texts)[:LONGEST_CELL]
