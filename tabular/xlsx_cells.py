"""Cells of a workbook as the text that a person sees in the spreadsheet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from xml.etree import ElementTree as ET

from foundation.sentences import Sentence as _
from tabular.number_formats import plain_number, shown_number
from tabular.tables import LONGEST_CELL, MOST_COLUMNS, Row
from tabular.xlsx_escapes import unescaped
from tabular.xlsx_problems import local_name
from tabular.xlsx_rows import MatchedRow, column_number
from tabular.xlsx_strings import SharedStrings, rich_text

#: Plans that are cached, one for each combination of cell types and styles; a sheet has a few.
_MOST_PLANS = 2_000


@dataclass(frozen=True, slots=True)
class _Plan:
    """How to read the cells of rows with the same types and styles.

    Attributes:
        end: index in the matched row behind its last cell.
        shared: columns of shared strings.
        numbers: columns of plain numbers (no dates, percentages and so on).
        chosen: picks the cells of `numbers` out of a row.
        odd: (column, type, style) of all other cells.
    """

    end: int
    shared: tuple[int, ...]
    numbers: tuple[int, ...]
    chosen: Callable[[list[str]], Iterable[str]]
    odd: tuple[tuple[int, str, str], ...]


class RowReader:
    """Turns rows of a sheet, matched by the pattern or parsed, into rows of text.

    Args:
        strings: the workbook's shared strings.
        kinds: number of a cell style -> the kind of value it shows.
        is_1904: whether days count from 1904.
    """

    def __init__(
        self, strings: SharedStrings, kinds: Mapping[str, str], *, is_1904: bool = False
    ) -> None:
        self._strings = strings
        self._kinds = kinds
        self._is_1904 = is_1904
        self._plans: dict[MatchedRow, _Plan] = {}
        self._columns: dict[str, int] = {}
        self._line = 0

    def matched(self, row: MatchedRow, line: int) -> Row:
        """Return the text of a row that the pattern matched.

        Args:
            row: see `tabular.xlsx_rows.MatchedRow`.
            line: its line number; 0: the one after the last row's.
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
        # Mostly all of them are whole numbers, which one test of the joined text shows.
        if plan.numbers and not "".join(plan.chosen(cells)).isdecimal():
            for column in plan.numbers:
                cells[column] = plain_number(cells[column])
        for column, kind, style in plan.odd:
            cells[column] = self._shown(cells[column], kind, style)
        return line, cells, ""

    def _planned(self, marks: MatchedRow) -> _Plan:
        shared, numbers, odd, end = [], [], [], 0
        for column, mark in enumerate(marks):
            if mark is None:
                continue
            end = 2 * column + 3
            found = dict(part.split("=") for part in mark.replace('"', "").split())
            kind, style = found.get("t", "n"), found.get("s", "")
            if kind == "s":
                shared.append(column)
            elif kind == "n" and style not in self._kinds:
                numbers.append(column)
            else:
                odd.append((column, kind, style))
        chosen = itemgetter(*numbers or (0,))
        plan = _Plan(end, tuple(shared), tuple(numbers), chosen, tuple(odd))
        if len(self._plans) < _MOST_PLANS:
            self._plans[marks] = plan
        return plan

    def parsed(self, row: ET.Element, line: int) -> Row:
        """Return the text of a parsed row.

        Args:
            row: the row's element.
            line: its line number; 0: the element has it, or it is the one after the last row's.
        """
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
            if column < width:  # cells out of order are invalid, but readable
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
        kind, value = cell.get("t", "n"), ""
        for part in cell:
            tag = local_name(part.tag)
            if tag == "v":  # a formula may stand before it, and extensions after it
                value = self._shown(part.text or "", kind, cell.get("s", ""))
            elif tag == "is":
                value = rich_text(part)[:LONGEST_CELL]
        return value

    def _shown(self, value: str, kind: str, style: str) -> str:
        if kind == "s":
            return self._strings[value]
        if kind == "b" and value:
            return "TRUE" if value == "1" else "FALSE"
        if kind == "n" and value:
            shown_as = self._kinds.get(style)
            if shown_as:
                return shown_number(value, shown_as, is_1904=self._is_1904)[:LONGEST_CELL]
            return plain_number(value)[:LONGEST_CELL]
        if kind == "e":  # an error such as #N/A: there is no value
            return ""
        if kind == "d":
            return value.replace("T", " ").removesuffix("Z").removesuffix(" 00:00:00")
        return unescaped(value)[:LONGEST_CELL]
