"""A text file as text, block by block; bytes that do not decode are marked, with their place."""

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

#: Stands where bytes could not be decoded. A lone surrogate: no decoder yields it for valid bytes.
UNDECODABLE = "\udc80"
_HANDLER = "tabular-mark"
_HIGH = re.compile(rb"[\x80-\xff]")
#: Places told exactly in a block; each costs a decoding, and a picture is all such places.
MOST_LOCATED = 200


def _mark(problem: UnicodeError) -> tuple[str, int]:
    if not isinstance(problem, UnicodeDecodeError):
        raise problem
    return UNDECODABLE, problem.end


codecs.register_error(_HANDLER, _mark)


class TextBlocks:
    """The text of a file in blocks.

    Attributes:
        taken: bytes read so far.
        marks: byte offsets of what did not decode, in file order. A consumer that meets an
            UNDECODABLE in the text takes one from the left.
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
        """Note where in the file the marks of this block are: decode once more, strictly."""
        name = "utf-8" if self._encoding == "utf-8-sig" else self._encoding
        if name in ("utf-16", "utf-32"):  # the decoder has seen the BOM, these bytes have none
            self.marks.extend([base] * expected)
            return
        start, located = 0, min(expected, MOST_LOCATED)
        for _ in range(located):
            try:
                codecs.decode(data[start:], name)
            except UnicodeDecodeError as problem:
                self.marks.append(base + start + problem.start)
                start += problem.end
            else:  # cannot be, but a place near it is better than none
                self.marks.append(base + start)
        self.marks.extend([base + start] * (expected - located))


def _without_utf8(block: bytes) -> bytes:
    """Return lines of GBK; those that are of UTF-8 become undecodable, instead of other words."""
    for start, end in utf8_lines(block):
        block = block[:start] + _HIGH.sub(b"\xff", block[start:end], count=1) + block[end:]
    return block
