"""Decode a text file block by block; bytes that do not decode are marked and located."""

from __future__ import annotations

import codecs
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from tabular.encoding_likelihood import utf8_lines
from tabular.encodings import BLOCK
from tabular.tables import LONGEST_RECORD
from tabular.time_limit import check_time

#: Replaces bytes that do not decode. It is a lone surrogate, which no decoder returns for valid
#: bytes.
UNDECODABLE = "\udc80"
_HANDLER = "tabular-mark"
_HIGH = re.compile(rb"[\x80-\xff]")
#: How many undecodable places of a block are located exactly. Each costs decoding the block once
#: more, and a binary file has many.
MOST_LOCATED = 200


def _mark(problem: UnicodeError) -> tuple[str, int]:
    if not isinstance(problem, UnicodeDecodeError):
        raise problem
    return UNDECODABLE, problem.end


codecs.register_error(_HANDLER, _mark)


class TextBlocks:
    """The text of a file in blocks.

    Args:
        path: the file.
        encoding: the name of its encoding, as Python spells it.

    Attributes:
        taken: bytes read so far.
        marks: byte offsets of the bytes that did not decode, in file order. A consumer takes one
            from the left for each UNDECODABLE in the text.
    """

    def __init__(self, path: Path, encoding: str) -> None:
        self._path = path
        self._encoding = encoding
        self.taken = 0
        self.marks: deque[int] = deque()

    def __iter__(self) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder(self._encoding)(_HANDLER)
        with self._path.open("rb") as file:
            while True:
                check_time()
                block = file.read(BLOCK)
                if self._encoding == "gb18030":
                    block = _without_utf8(block + file.readline(LONGEST_RECORD))
                text = self._decode(decoder, block)
                self.taken += len(block)
                if text:
                    yield text
                if not block:
                    return

    def _decode(self, decoder: codecs.IncrementalDecoder, block: bytes) -> str:
        pending = decoder.getstate()[0]
        text = decoder.decode(block, final=not block)
        if UNDECODABLE in text:
            self._locate(
                pending + block, base=self.taken - len(pending), expected=text.count(UNDECODABLE)
            )
        return text

    def _locate(self, data: bytes, *, base: int, expected: int) -> None:
        """Record the byte offsets of undecodable bytes, by decoding the block again, strictly."""
        name = "utf-8" if self._encoding == "utf-8-sig" else self._encoding
        if name in ("utf-16", "utf-32"):  # a block without the BOM cannot be decoded on its own
            self.marks.extend([base] * expected)
            return
        start, located = 0, min(expected, MOST_LOCATED)
        for _ in range(located):
            try:
                codecs.decode(data[start:], name)
            except UnicodeDecodeError as problem:
                self.marks.append(base + start + problem.start)
                start += problem.end
            else:  # both decodings should agree; if they do not, an approximate place is recorded
                self.marks.append(base + start)
        self.marks.extend([base + start] * (expected - located))


def _without_utf8(block: bytes) -> bytes:
    """Return a block of GB18030 in which each line of UTF-8 has a byte that does not decode.

    GB18030 would otherwise decode such a line without an error, to wrong characters.
    """
    for start, end in utf8_lines(block):
        block = block[:start] + _HIGH.sub(b"\xff", block[start:end], count=1) + block[end:]
    return block
