"""The characters of Chinese keyboards and of spreadsheets, as the readers of values expect them."""

from __future__ import annotations

#: The most characters of an attribute's value.
LONGEST_ATTRIBUTE = 10_000

# One by one and not by NFKC, which would turn 10² into 102 and ½ into 1⁄2.
_PLAIN = {
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)},  # the full-width forms of ASCII
    **dict.fromkeys((0x00A0, 0x2007, 0x2009, 0x202F, 0x3000), " "),
    0xFFE5: "¥",
    0x2212: "-",
    0x2019: "'",
}


def plain(text: str) -> str:
    """Return a text with ASCII in place of full-width forms, and plain blanks; outer ones cut."""
    return text.translate(_PLAIN).strip()
