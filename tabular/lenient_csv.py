"""A line whose quotes are not those of CSV: a name with quotes in it, typed by hand."""

from __future__ import annotations

import re

from tabular.tables import LONGEST_CELL


def split_leniently(line: str, delimiter: str) -> list[str]:
    """Return the cells of a line.

    A cell is quoted when its last quote stands before the next delimiter or the end, blanks left
    aside. Otherwise its quotes are part of it: "Jim" Smith.
    """
    line, sign = line.rstrip("\r\n"), re.escape(delimiter)
    # Possessive: each character is looked at once or twice, whatever the line.
    quoted = re.compile(rf' *+"((?:[^"]|"")*+)"([^"{sign}\S]*+)(?:{sign}|$)')
    cells, at = [], 0
    while at <= len(line):
        match = quoted.match(line, at)
        if match:
            cell, end = match[1].replace('""', '"') + match[2], match.end()
            is_last = line[end - 1 : end] != delimiter or end == at
        else:
            end = line.find(delimiter, at)
            is_last = end < 0
            cell, end = line[at : len(line) if is_last else end], end + 1
        cells.append(cell[:LONGEST_CELL])
        if is_last:
            break
        at = end
    return cells
