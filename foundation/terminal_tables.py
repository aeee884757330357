"""A table on a terminal, in columns that line up also when names are Chinese."""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import combining, east_asian_width

from foundation.display import EMPTY


def table(*, heading: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return rows below a heading, each column as wide as its widest cell; None is a dash."""
    cells = [list(heading), *([_cell(value) for value in row] for row in rows)]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in cells
    )


def _cell(value: object) -> str:
    text = EMPTY if value is None or value == "" else str(value)
    if text.isprintable():
        return text
    # One line for each row, without characters that control the terminal.
    return "".join(c if c.isprintable() else " " for c in text)


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(
        0 if combining(character) else 2 if east_asian_width(character) in "WF" else 1
        for character in text
    )
