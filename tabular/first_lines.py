"""Duplicate detection: the line on which each number appeared first, in little memory."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable

#: Bits of a line, which follow those of its number.
_LINE = 32
#: Bits of the numbers of a page. With fewer there are more pages, each of which takes 100 bytes.
#: With more, inserting into the middle of a page takes longer.
_PAGE = 17


class FirstLines:
    """A map from 32-bit numbers to the line on which each appeared first.

    It consists of pages of 131,072 numbers, each a sorted array of numbers with their lines. A
    million numbers spread over the whole range take about 16 MB; a dict takes 150 MB.
    """

    def __init__(self) -> None:
        self._pages: list[array[int] | None] = [None] * (1 << 32 - _PAGE)

    def __len__(self) -> int:
        return sum(len(page) for page in self._pages if page is not None)

    def note(self, number: int, line: int) -> int:
        """Record that `number` is on `line`; return the line on which it was first, or 0 if new.

        Args:
            number: 0 to 4294967295.
            line: 1 to 4294967295.
        """
        page, key = self._pages[number >> _PAGE], number << _LINE
        if page is None:
            self._pages[number >> _PAGE] = array("Q", (key | line,))
            return 0
        at = bisect_left(page, key)
        if at < len(page) and page[at] >> _LINE == number:
            return page[at] & (1 << _LINE) - 1
        page.insert(at, key | line)
        return 0

    def note_all(self, numbers: Iterable[int], lines: Iterable[int]) -> list[int]:
        """Return `note` of each number and its line; numbers that are 0 are left out, as new.

        It is written out, because a call for each number takes a third of the time.
        """
        pages, firsts = self._pages, []
        for number, line in zip(numbers, lines, strict=True):
            first = 0
            if number:
                page, key = pages[number >> _PAGE], number << _LINE
                if page is None:
                    pages[number >> _PAGE] = array("Q", (key | line,))
                else:
                    at = bisect_left(page, key)
                    found = page[at] if at < len(page) else 0
                    if found >> _LINE == number:
                        first = found & 0xFFFFFFFF
                    else:
                        page.insert(at, key | line)
            firsts.append(first)
        return firsts
