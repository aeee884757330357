"""The shared strings of a workbook, kept in a temporary file: they are most of a workbook."""

from __future__ import annotations

import os
import tempfile
from array import array
from collections.abc import Iterator
from itertools import accumulate

#: Strings that are kept in memory. Programs number strings in the order of first use, so those that
#: many cells refer to come first.
KEPT_STRINGS = 20_000


class StoredStrings:
    """The strings of a workbook in a temporary file; each takes 4 bytes of memory.

    They are read only as far as needed: a preview of twenty rows does not read a million.

    Args:
        more: yields the strings in UTF-8, several at a time.

    Attributes:
        kept: number -> string, of the first KEPT_STRINGS that have been read; a faster way to
            them for callers with millions of look-ups.
    """

    def __init__(self, more: Iterator[list[bytes]]) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()
        self._offsets = array("I", (0,))
        self._written = 0
        self.kept: dict[str, str] = {}
        self._page, self._page_start = b"", 0
        self._more = more

    def close(self) -> None:
        """Remove the temporary file."""
        self._file.close()

    def __getitem__(self, reference: str) -> str:
        """Return the string that a cell refers to; "" where there is none."""
        if not (reference.isascii() and reference.isdecimal() and len(reference) < 10):
            return ""
        number = int(reference)
        if number >= self._written and not self._read_to(number):
            return ""
        start, end = self._offsets[number], self._offsets[number + 1]
        begin = start - self._page_start
        if begin < 0 or end > self._page_start + len(self._page):
            # Cells mostly refer to strings in order, so the following ones are read as well.
            self._page = os.pread(self._file.fileno(), max(1 << 16, end - start), start)
            self._page_start, begin = start, 0
        return self._page[begin : begin + end - start].decode("utf-8", "replace")

    def _read_to(self, number: int) -> bool:
        """Read until the string of this number is in the file; return whether there is one."""
        while self._written <= number:
            texts = next(self._more, None)
            if texts is None:
                return False
            few = texts[: max(0, KEPT_STRINGS - self._written)]
            for place, text in enumerate(few, self._written):
                self.kept[str(place)] = text.decode("utf-8", "replace")
            ends = accumulate(map(len, texts), initial=self._offsets.pop())
            self._offsets.extend(ends)
            self._file.write(b"".join(texts))
            self._written += len(texts)
        self._file.flush()
        return True
