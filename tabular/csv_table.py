"""A text table: CSV in any dialect, read line by line, tolerant of bad quotes."""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from foundation.sentences import Sentence as _
from tabular.decoding import UNDECODABLE, TextBlocks
from tabular.lenient_csv import split_leniently
from tabular.problems import FileProblem
from tabular.tables import LONGEST_RECORD, Layout, Row

#: After so many unclosed quotes, the file is read as one without quotes. Each unclosed quote costs
#: reading up to LONGEST_RECORD characters again.
MOST_BAD_QUOTES = 100
#: Excel's hint about the delimiter, in the first line: sep=;
SEPARATOR_HINT = re.compile(r"sep=(.)[\r\n]*", re.IGNORECASE)


class CsvTable:
    """A text file opened as a table; see `tabular.tables.Table`."""

    def __init__(self, path: Path, layout: Layout) -> None:
        self.layout = layout
        self._path = path
        self._blocks = TextBlocks(path, layout.encoding)

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self._path.stat().st_size

    @property
    def position(self) -> int:
        """Bytes of the file that have been read."""
        return self._blocks.taken

    def rows(self) -> Iterator[Row]:
        """Yield the rows from the beginning; see `Table.rows`."""
        self._blocks = TextBlocks(self._path, self.layout.encoding)
        lines = _Lines(self._blocks)
        is_quoted, bad_quotes = True, 0
        while True:
            # Strict, so that a quote that closes in the middle of a cell is an error: it was opened
            # by mistake in an earlier row.
            reader = csv.reader(
                iter(lines),
                delimiter=self.layout.delimiter,
                quoting=csv.QUOTE_MINIMAL if is_quoted else csv.QUOTE_NONE,
                skipinitialspace=is_quoted,  # so that a quote after a blank counts
                strict=True,
            )
            try:
                yield from self._records(reader, lines)
            except csv.Error:
                number = lines.number - len(lines.held) + 1
                first, is_alone = lines.rewind()
                if len(first) > LONGEST_RECORD:
                    raise FileProblem(_too_long(number), code="line_too_long") from None
                if is_alone and first.count('"') % 2 == 0:  # badly quoted, but a complete line
                    yield number, split_leniently(first, self.layout.delimiter), ""
                    continue
                bad_quotes += 1
                is_quoted = bad_quotes < MOST_BAD_QUOTES
                problem = _("a quotation mark opens here and is never closed")
                yield number, [first.rstrip()], problem
                continue
            return

    def _records(self, reader: Iterator[list[str]], lines: _Lines) -> Iterator[Row]:
        held = lines.held
        for cells in reader:
            number = lines.number - len(held) + 1
            problem = self._decoding_problem(cells) if lines.is_dirty else ""
            held.clear()
            if problem or any(cells):
                if number == 1 and SEPARATOR_HINT.fullmatch(self.layout.delimiter.join(cells)):
                    continue
                yield number, cells, problem

    def _decoding_problem(self, cells: list[str]) -> str:
        text = "".join(cells)
        marks = text.count(UNDECODABLE)
        if marks:
            places = [self._blocks.marks.popleft() for _ in range(marks) if self._blocks.marks]
            return _("cannot be decoded at byte %(byte)d") % {"byte": places[0] if places else 0}
        return _("contains a NUL byte") if "\x00" in text else ""


def _too_long(line: int) -> str:
    return _(
        "Line %(line)d is longer than %(most)d characters: this does not look like a table. "
        "Save it from the spreadsheet as CSV or XLSX, one person per line."
    ) % {"line": line, "most": LONGEST_RECORD}


class _Lines:
    """Lines for csv.reader; keeps those of the current record so that they can be read again.

    Attributes:
        held: the lines of the record being read; the consumer clears it after each record.
        number: how many lines have been returned.
        is_dirty: whether there were undecodable bytes or NULs, so that rows must be checked.
    """

    def __init__(self, blocks: TextBlocks) -> None:
        self._fresh = self._split(blocks)
        self._again: deque[str] = deque()
        self.held: list[str] = []
        self.number = 0
        self.is_dirty = False

    def rewind(self) -> tuple[str, bool]:
        """Abandon the record being read: remove its first line, and read the others again.

        Returns:
            The first line, and whether it is the only one.
        """
        first, is_alone = self.held[0] if self.held else "", len(self.held) == 1
        self.number -= max(0, len(self.held) - 1)
        self._again.extendleft(reversed(self.held[1:]))
        self.held.clear()
        return first, is_alone

    def __iter__(self) -> Iterator[str]:
        held, characters = self.held, 0
        while True:
            if self._again:
                line = self._again.popleft()
            else:
                line = next(self._fresh, "")
                if not line:
                    return
            characters = characters + len(line) if held else len(line)
            held.append(line)
            self.number += 1
            if characters > LONGEST_RECORD:
                raise csv.Error("a record without an end")
            yield line

    def _split(self, blocks: TextBlocks) -> Iterator[str]:
        carry = ""
        for block in blocks:
            if not self.is_dirty and (UNDECODABLE in block or "\x00" in block):
                self.is_dirty = True
            text = carry + block
            cut = text.rfind("\n") + 1
            if not cut:  # lines may end in CR only; after the last CR an LF may follow
                cut = text.rfind("\r", 0, -1) + 1
            carry = text[cut:]
            if len(carry) > LONGEST_RECORD:
                raise FileProblem(_too_long(self.number + 1), code="line_too_long")
            yield from io.StringIO(text[:cut], newline="")
        yield from io.StringIO(carry, newline="")
