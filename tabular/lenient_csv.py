"""Split a line with quotes that break the rules of CSV, such as a name typed with quotes."""

from __future__ import annotations

import re

from tabular.tables import LONGEST_CELL


def split_leniently(line: str, delimiter: str) -> list[str]:
    """Return the cells of a line.

    A cell is quoted if its closing quote stands before the next delimiter or the end of the line,
    apart from blanks. Otherwise its quotes are part of the value: "Jim" Smith.
    """
    line, sign = line.rstrip("\r\n"), re.escape(delimiter)
    # Possessive quantifiers, so that the time is linear for every line.
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
