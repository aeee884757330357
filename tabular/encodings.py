"""Detect the encoding of a text file: by BOM, NULs, strict UTF-8, then likelihood.

Operators mostly have UTF-8, or GBK as Excel and WPS save it on a Chinese Windows. These are
recognised by whether the decoded characters are common ones. Where a doubt remains (Big5, Latin,
files joined from several), the candidates are returned, and an operator decides.
"""

from __future__ import annotations

import codecs
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tabular.encoding_likelihood import is_utf8_line, likelihood

#: Bytes read at a time: of more, the text in its forms takes a dozen megabytes.
BLOCK = 1 << 18
#: Bytes checked for BOM and NULs.
HEAD = 1 << 16
#: Bytes of lines beyond ASCII that the likelihood is computed from.
SAMPLE = 1 << 18
#: Seconds of reading, after which the part that was read decides for the whole file.
LONGEST = 4.0

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BEYOND_ASCII = re.compile(rb"[^\n]*[\x80-\xff][^\n]*")
#: An encoding is accepted if its likelihood is _CERTAIN, or if it is _LIKELY and the second one is
#: less likely by _FAR.
_CERTAIN, _LIKELY, _FAR = 0.9, 0.5, 0.2
#: Less likely encodings are not offered to the operator.
_POSSIBLE = 0.05
#: The share of lines in UTF-8 that a file in GBK may have; these lines are rejected one by one.
_FEW_LINES = 0.2


@dataclass(frozen=True, slots=True)
class Encoding:
    """A detected encoding.

    Attributes:
        name: its name, as Python spells it.
        doubts: all encodings that the file may be in, this one included, the most likely first;
            empty if there is no doubt.
    """

    name: str
    doubts: tuple[str, ...] = ()


def detect_encoding(path: Path) -> Encoding:
    """Return the encoding of a text file; reads it block by block.

    A few lines that do not decode raise no doubt: they are rejected one by one.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    for bom, name in _BOMS:
        if head.startswith(bom):
            return Encoding(name)
    utf16 = _utf16_without_bom(head)
    if utf16:
        return Encoding(utf16)
    if b"\x00" in head:
        doubtful = _maybe_utf16(head)
        if doubtful:
            return Encoding(doubtful[0], doubtful)
    if _decodes(path, "utf-8"):
        return Encoding("utf-8")
    return _by_likelihood(b"\n".join(_lines_beyond_ascii(path)))


def _by_likelihood(sample: bytes) -> Encoding:
    """Return the likeliest encoding of a sample of lines, not all of which are UTF-8."""
    lines = sample.split(b"\n")
    torn = [line for line in lines if is_utf8_line(line)]
    is_mixed = len(torn) > _FEW_LINES * len(lines)
    apart = b"\n".join(line for line in lines if not is_utf8_line(line)) or sample
    names = ("utf-8", "gb18030", "big5", "cp1252")
    found = {name: likelihood(sample if name == "utf-8" else apart, name) for name in names}
    ordered = sorted(names, key=found.__getitem__, reverse=True)
    best, second = found[ordered[0]], found[ordered[1]]
    likeliest = ordered[0] if best >= _LIKELY else "gb18030"
    # The two that operators mostly have are accepted without a question.
    is_usual = likeliest == "utf-8" or (likeliest == "gb18030" and not is_mixed)
    if is_usual and (best >= _CERTAIN or (best >= _LIKELY and best - second >= _FAR)):
        return Encoding(likeliest)
    rest = [name for name in ordered if name != likeliest and found[name] >= _POSSIBLE]
    return Encoding(likeliest, (likeliest, *rest))


def _lines_beyond_ascii(path: Path) -> Iterator[bytes]:
    """Yield lines with characters beyond ASCII, up to SAMPLE bytes of them."""
    taken, end = 0, time.monotonic() + LONGEST
    with path.open("rb") as file:
        while (block := file.read(BLOCK) + file.readline(BLOCK)) and time.monotonic() < end:
            if block.isascii():
                continue
            for match in _BEYOND_ASCII.finditer(block):
                yield match[0]
                taken += len(match[0])
                if taken > SAMPLE:
                    return


def _utf16_without_bom(head: bytes) -> str:
    """Return the byte order of UTF-16 without a BOM, or "".

    An ASCII character in UTF-16 has one NUL byte, on the same side in all of them.
    """
    head = head[: len(head) // 2 * 2]
    if not head or b"\x00" not in head:
        return ""
    pairs = len(head) // 2
    first, second = head[0::2].count(0) / pairs, head[1::2].count(0) / pairs
    # More than 40 % of a table's characters are ASCII: its commas, digits and line ends.
    if second > 0.4 and first < 0.05:
        return "utf-16-le"
    if first > 0.4 and second < 0.05:
        return "utf-16-be"
    return ""


def _decodes(path: Path, name: str) -> bool:
    decoder = codecs.getincrementaldecoder(name)("strict")
    end = time.monotonic() + LONGEST
    with path.open("rb") as file:
        try:
            while block := file.read(BLOCK):
                if time.monotonic() > end:
                    return True
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _maybe_utf16(head: bytes) -> tuple[str, ...]:
    """Return both byte orders of UTF-16, the likelier first, if a file with NULs may be UTF-16.

    A text with few commas and digits has few NULs, but nearly all on one side.
    """
    head = head[: len(head) // 2 * 2]
    nuls = {"utf-16-be": head[0::2].count(0), "utf-16-le": head[1::2].count(0)}
    name, other = sorted(nuls, key=nuls.__getitem__, reverse=True)
    if nuls[name] < 10 * nuls[other] or nuls[name] * 100 < len(head):
        return ()
    text = head.decode(name, "replace")
    lines = "".join(char for char in text if char > "\x7f")
    if "\n" not in text or likelihood(lines.encode(name, "replace"), name) < _LIKELY:
        return ()
    return name, other
