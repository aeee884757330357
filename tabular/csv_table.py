"""A text table: CSV in any dialect, read line by line, tolerant of bad quotes."""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, count, islice, repeat
from pathlib import Path

from foundation.sentences import Sentence as _
from tabular.decoding import UNDECODABLE, TextBlocks
from tabular.lenient_csv import split_leniently
from tabular.problems import FileProblem
from tabular.tables import LONGEST_RECORD, Layout, Row

#: After so many unclosed quotes, the file is read as one without quotes. Each unclosed quote costs
#: reading up to LONGEST_RECORD characters again.
MOST_BAD_QUOTES = 100
#: Lines that are read at once, if a block of the file has so many.
_BATCH = 500
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
        return chain.from_iterable(self._parts())  # a generator of rows takes longer

    def _parts(self) -> Iterator[Iterable[Row]]:
        """Yield the rows from the beginning, in parts."""
        self._blocks = TextBlocks(self._path, self.layout.encoding)
        lines = _Lines(self._blocks)
        is_quoted, bad_quotes = True, 0
        may_be_plain = True
        while True:
            if is_quoted and may_be_plain:
                yield from self._plain_rows(lines)
            reader = self._reader(iter(lines), is_quoted=is_quoted)
            records = self._records(reader, lines)
            try:
                for record in islice(records, _BATCH):
                    yield (record,)
                if lines.has_more():
                    may_be_plain = True
                    continue
            except csv.Error:
                may_be_plain = False  # a look at many lines for each bad one would take long
                number = lines.number - len(lines.held) + 1
                first, is_alone = lines.rewind()
                if len(first) > LONGEST_RECORD:
                    raise FileProblem(_too_long(number), code="line_too_long") from None
                if is_alone and first.count('"') % 2 == 0:  # badly quoted, but a complete line
                    yield ((number, split_leniently(first, self.layout.delimiter), ""),)
                    continue
                bad_quotes += 1
                is_quoted = bad_quotes < MOST_BAD_QUOTES
                problem = _("a quotation mark opens here and is never closed")
                yield ((number, [first.rstrip()], problem),)
                continue
            return

    def _reader(self, lines: Iterable[str], *, is_quoted: bool) -> Iterator[list[str]]:
        # Strict, so that a quote that closes in the middle of a cell is an error: it was opened by
        # mistake in an earlier row.
        return csv.reader(
            lines,
            delimiter=self.layout.delimiter,
            quoting=csv.QUOTE_MINIMAL if is_quoted else csv.QUOTE_NONE,
            skipinitialspace=is_quoted,  # so that a quote after a blank counts
            strict=True,
        )

    def _plain_rows(self, lines: _Lines) -> Iterator[Iterable[Row]]:
        """Yield the rows of many lines at once, as long as each line is a row of its own.

        It stops before the first lines that are not so plain.
        """
        while batch := lines.ahead():
            try:
                rows = list(self._reader(batch, is_quoted=True))
            except csv.Error:
                rows = []
            if len(rows) != len(batch):
                lines.give_back(batch)
                return
            first = lines.number + 1
            lines.number += len(batch)
            if first == 1 and SEPARATOR_HINT.fullmatch(self.layout.delimiter.join(rows[0])):
                rows[0] = []
            numbered = zip(count(first), rows, repeat(""))
            yield numbered if all(map(any, rows)) else [row for row in numbered if any(row[1])]

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
        self._lines: list[str] = []  # of a block, those before `_taken` are over
        self._taken = 0
        self._again: deque[str] = deque()
        self.held: list[str] = []
        self.number = 0
        self.is_dirty = False

    def ahead(self) -> list[str]:
        """Return the next lines, as if they were records; empty if there are undecodable bytes."""
        if self._again:
            batch = [self._again.popleft() for _ in range(min(_BATCH, len(self._again)))]
        else:
            self._fill()
            batch = self._lines[self._taken : self._taken + _BATCH]
            self._taken += len(batch)
        # Lines that are too long, or dirty, are looked at one by one.
        if self.is_dirty or sum(map(len, batch)) > LONGEST_RECORD:
            self.give_back(batch)
            return []
        return batch

    def give_back(self, lines: Sequence[str]) -> None:
        """Have lines read again that `ahead` returned."""
        self._again.extendleft(reversed(lines))

    def has_more(self) -> bool:
        """Return whether there is another line."""
        line = self._next()
        if line:
            self._again.appendleft(line)
        return bool(line)

    def _next(self) -> str:
        if self._again:
            return self._again.popleft()
        self._fill()
        if not self._lines:
            return ""
        self._taken += 1
        return self._lines[self._taken - 1]

    def _fill(self) -> None:
        """Have a line that was not returned before, if there is one."""
        while self._taken == len(self._lines) and (block := next(self._fresh, None)) is not None:
            self._lines, self._taken = block, 0
        if self._taken == len(self._lines):
            self._lines, self._taken = [], 0

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
            line = self._next()
            if not line:
                return
            characters = characters + len(line) if held else len(line)
            held.append(line)
            self.number += 1
            if characters > LONGEST_RECORD:
                raise csv.Error("a record without an end")
            yield line

    def _split(self, blocks: TextBlocks) -> Iterator[list[str]]:
        """Yield the lines of each block."""
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
            yield io.StringIO(text[:cut], newline="").readlines()
        yield io.StringIO(carry, newline="").readlines()
