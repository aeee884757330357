"""How likely bytes are text in an encoding, by how common the decoded characters are.

Nearly all bytes decode as GBK, Big5 and Latin, so decoding does not tell them apart. But text that
is decoded with the wrong one consists of characters that are hardly ever used.
"""

from __future__ import annotations

import re
from functools import cache

#: Letters and punctuation of western Europe.
_LATIN = frozenset("ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝßàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿŒœŠšŽž‘’“”–—…€«»°º")
#: Chinese characters take three bytes in UTF-8: one lead byte (A) and two trailing bytes (B). Bytes
#: are translated to these kinds, and two characters are found by searching for ABBABB. This takes a
#: tenth of a second for a million rows; a pattern over the bytes takes ten seconds.
_BY_KIND = bytes(
    ord("A") if 0xE3 <= byte <= 0xE9 else ord("B") if 0x80 <= byte <= 0xBF else byte & 0x1F
    for byte in range(256)
)
_TWICE = b"ABBABB"
_HIGH = re.compile(rb"[\x80-\xff]")


def is_utf8_line(line: bytes) -> bool:
    """Return whether a line of a file in GBK is in UTF-8: it decodes, and contains Chinese."""
    if _TWICE not in line.translate(_BY_KIND):
        return False
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def utf8_lines(block: bytes) -> list[tuple[int, int]]:
    """Return (start, end) of the lines in UTF-8 in a block of lines in GBK, in bytes."""
    kinds, found, behind = block.translate(_BY_KIND), list[tuple[int, int]](), 0
    while (at := kinds.find(_TWICE, behind)) >= 0:
        start = block.rfind(b"\n", 0, at) + 1
        end = block.find(b"\n", at)
        behind = end if end >= 0 else len(block)
        if is_utf8_line(block[start:behind]):
            found.append((start, behind))
    return found


def likelihood(data: bytes, encoding: str) -> float:
    """Return how likely lines are text in an encoding, from 0.0 to 1.0.

    Args:
        data: lines with characters beyond ASCII.
        encoding: utf-8, gb18030, big5, cp1252 or one of UTF-16.
    """
    if encoding == "cp1252":
        return _latin(data)
    text = data.decode(encoding, "replace")
    strange = text.count("\ufffd")
    beyond = [char for char in text if char > "\x7f" and char != "\ufffd"]
    if not beyond:
        return 0.0
    if encoding == "utf-8":  # other bytes hardly ever decode as UTF-8 by accident
        usual = len(beyond)
    else:
        common = _common(encoding)
        usual = sum(1 for char in beyond if char in common)
    return usual / (len(beyond) + strange)


def _latin(data: bytes) -> float:
    """Return the share of characters that are accented letters between two ASCII characters."""
    text = data.decode("cp1252", "replace")
    beyond = len(_HIGH.findall(data))
    alone = sum(
        1
        for before, char, after in zip(" " + text, text, text[1:] + " ", strict=False)
        if char in _LATIN and before < "\x80" and after < "\x80"
    )
    return alone / beyond if beyond else 0.0


@cache
def _common(encoding: str) -> frozenset[str]:
    """Return the characters that most text in an encoding consists of."""
    signs = "·×—‘’“”…、。，；：？！（）《》【】％＋－～　｜＠＃／＝＊￥"
    wide = "".join(map(chr, range(0xFF10, 0xFF5B)))
    simplified = _block("gb2312", 0xB0, 0xD7, [range(0xA1, 0xFF)])
    traditional = _block("big5", 0xA4, 0xC6, [range(0x40, 0x7F), range(0xA1, 0xFF)])
    if encoding == "gb18030":
        return frozenset(signs + wide + simplified)
    if encoding == "big5":
        return frozenset(signs + wide + traditional)
    return frozenset(signs + wide + simplified + traditional)


def _block(encoding: str, first: int, last: int, seconds: list[range]) -> str:
    return b"".join(
        bytes([lead, second])
        for lead in range(first, last + 1)
        for part in seconds
        for second in part
    ).decode(encoding, "ignore")
