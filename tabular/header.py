"""Which line of a table is its header."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from tabular.tables import Row

#: A cell that is data, not a title: a number, a date, a phone number, an address of mail.
_DATA = re.compile(r"['`]?[+-]?[\d.,:/\s-]*\d[\d.,:/\s-]*(?:[eE][+-]?\d+)?|[^@\s]+@[^@\s]+")


def is_header(cells: Sequence[str]) -> bool:
    """Return whether a row can be a header: no cell of it is data."""
    filled = [unicodedata.normalize("NFKC", cell).strip() for cell in cells if cell.strip()]
    return bool(filled) and not any(_DATA.fullmatch(cell) for cell in filled)


def find_header(rows: Sequence[Row]) -> int:
    """Return the line number of the header among the first rows, or 0 for a table without one.

    A title above the header ("Members, May 2026", one cell alone) is skipped.
    """
    for line, cells, problem in rows[:10]:
        filled = sum(1 for cell in cells if cell.strip())
        width = max((len([c for c in other if c.strip()]) for _, other, _p in rows), default=0)
        if filled == 1 and width > 1:
            continue
        return line if not problem and is_header(cells) else 0
    return 0
