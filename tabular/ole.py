"""Compound files (OLE), the container of old workbooks; streams are read block by block.

The file consists of references to other places in it, and any of them may be wrong. So a chain of
sectors is followed for at most as many steps as the file has sectors, and a reference to a place
outside of the file is an error.
"""

from __future__ import annotations

import os
from array import array
from dataclasses import dataclass
from struct import error as StructError
from struct import unpack_from
from typing import BinaryIO

from tabular.time_limit import check_time

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LAST_SECTOR = 0xFFFFFFFA
_ENTRY, _MOST_ENTRIES = 128, 10_000
_STREAM, _ROOT = 2, 5


class BrokenFile(Exception):
    """The compound file is inconsistent."""


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    kind: int
    start: int
    size: int


class OleFile:
    """An open compound file.

    Args:
        file: the file, open for reading; the caller closes it.

    Attributes:
        streams: name in lower case -> directory entry.

    Raises:
        BrokenFile: it is inconsistent.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file.fileno()
        self._size = os.fstat(self._file).st_size
        try:
            self._read_head()
        except (StructError, ValueError, OverflowError, IndexError):
            raise BrokenFile from None

    def _read_head(self) -> None:
        head = self._at(0, 512)
        if not head.startswith(MAGIC):
            raise BrokenFile
        shift, mini_shift = unpack_from("<HH", head, 30)
        if not 7 <= shift <= 16 or not 4 <= mini_shift <= shift:
            raise BrokenFile
        self._sector, self._mini = 1 << shift, 1 << mini_shift
        #: The number of sectors, which no chain can exceed.
        self._most = self._size // self._sector + 1
        _fats, directory, _t, self._cutoff, mini_fat = unpack_from("<IIIII", head, 44)
        self._fat = self._read_fat(head)
        entries = list(self._entries(directory))
        self.streams = {e.name.lower(): e for e in entries if e.kind == _STREAM}
        root = next((e for e in entries if e.kind == _ROOT), None)
        self._root = self._chain(root.start) if root else array("I")
        small = self._size // self._mini + 1
        self._mini_fat = self._table(self._chain(mini_fat)[: small * 4 // self._sector + 1])

    def open(self, name: str) -> OleStream:
        """Return the stream with this name, in lower case.

        Raises:
            BrokenFile: its sectors are missing.
            KeyError: there is no such stream.
        """
        entry = self.streams[name]
        if entry.size >= self._cutoff:
            chain, size = self._chain(entry.start), self._sector
            places = [(number + 1) * size for number in chain]
        else:
            places, size = self._mini_places(entry.start), self._mini
        return OleStream(self._file, places, size, min(entry.size, len(places) * size))

    def _mini_places(self, start: int) -> list[int]:
        """Return the places of a small stream's sectors, which lie in the root's stream."""
        many = self._sector // self._mini
        places, number = list[int](), start
        while number < _LAST_SECTOR and len(places) <= self._cutoff // self._mini:
            if number >= len(self._mini_fat) or number // many >= len(self._root):
                raise BrokenFile
            at = (self._root[number // many] + 1) * self._sector
            places.append(at + number % many * self._mini)
            number = self._mini_fat[number]
        return places

    def _read_fat(self, head: bytes) -> array[int]:
        """Return the allocation table (FAT): for each sector the one that follows it."""
        sectors = array("I", unpack_from("<109I", head, 76))
        more, count = unpack_from("<I", head, 68)[0], self._sector // 4 - 1
        while more < _LAST_SECTOR:
            if len(sectors) > 109 + self._most:
                raise BrokenFile
            block = self._sector_at(more)
            sectors.extend(unpack_from(f"<{count}I", block))
            more = unpack_from("<I", block, 4 * count)[0]
        used = array("I", (number for number in sectors if number < _LAST_SECTOR))
        # No more than describe the whole file, because a broken file may repeat one many times.
        return self._table(used[: self._most * 4 // self._sector + 1])

    def _table(self, sectors: array[int]) -> array[int]:
        table = array("I")
        for number in sectors:
            block = self._sector_at(number)
            table.extend(unpack_from(f"<{len(block) // 4}I", block))
        return table

    def _chain(self, start: int) -> array[int]:
        chain, number = array("I"), start
        while number < _LAST_SECTOR:
            if number >= len(self._fat) or len(chain) > self._most:
                raise BrokenFile
            chain.append(number)
            number = self._fat[number]
        return chain

    def _entries(self, start: int) -> list[_Entry]:
        found = []
        for number in self._chain(start)[: _MOST_ENTRIES * _ENTRY // self._sector]:
            block = self._sector_at(number)
            for at in range(0, len(block) - _ENTRY + 1, _ENTRY):
                length, kind = unpack_from("<HB", block, at + 64)
                start_at, size = unpack_from("<II", block, at + 116)
                name = block[at : at + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
                found.append(_Entry(name, kind, start_at, size))
        return found

    def _sector_at(self, number: int) -> bytes:
        return self._at((number + 1) * self._sector, self._sector)

    def _at(self, place: int, size: int) -> bytes:
        block = os.pread(self._file, size, place)
        if not block:
            raise BrokenFile
        return block


class OleStream:
    """A stream of a compound file, read block by block.

    Attributes:
        size: its length in bytes.
    """

    #: Bytes read at a time.
    BLOCK = 1 << 16

    def __init__(self, file: int, places: list[int], sector: int, size: int) -> None:
        self._file, self._places, self._sector = file, places, sector
        self._block, self._start = b"", 0
        self.size = size

    def read(self, at: int, size: int) -> bytes:
        """Return `size` bytes from the offset `at`; fewer at the end of the stream.

        Raises:
            FileProblem: reading takes too long.
        """
        begin = at - self._start
        if begin < 0 or begin + size > len(self._block):
            self._block, self._start = self._read(at, max(size, self.BLOCK)), at
            begin = 0
        return self._block[begin : begin + size]

    def _read(self, at: int, size: int) -> bytes:
        check_time()
        end, parts = min(at + size, self.size), []
        while at < end:
            number, begin = divmod(at, self._sector)
            # Sectors are mostly adjacent, so as many as possible are read together.
            last = number
            while (
                (last + 1) * self._sector < end
                and last + 1 < len(self._places)
                and self._places[last + 1] == self._places[last] + self._sector
            ):
                last += 1
            length = min((last - number + 1) * self._sector - begin, end - at)
            part = os.pread(self._file, length, self._places[number] + begin)
            parts.append(part)
            at += length
            if len(part) < length:  # the file is cut short
                break
        return b"".join(parts)
