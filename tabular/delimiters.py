"""Detect the delimiter of a text table."""

from __future__ import annotations

import csv
import io
from collections import Counter

#: The candidates; of two that fit equally the earlier one is taken. The last two are full-width.
DELIMITERS = (",", "\t", ";", "|", "，", "；")
#: Lines of the sample that are used.
SAMPLE_LINES = 50


def detect_delimiter(sample: str) -> str:
    """Return the delimiter of a text table; "," if the table has only one column.

    It is the candidate that splits the most lines into the same number of cells, two or more.
    """
    lines = [line for line in io.StringIO(sample, newline="") if line.strip()][:SAMPLE_LINES]
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        score = _agreement(lines, delimiter)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _agreement(lines: list[str], delimiter: str) -> float:
    try:
        widths = [len(cells) for cells in csv.reader(lines, delimiter=delimiter) if cells]
    except csv.Error:
        return 0.0
    counted = Counter(width for width in widths if width > 1)
    if not counted:
        return 0.0
    width, times = counted.most_common(1)[0]
    # Agreement of the first line counts extra: it is the header, and has no stray delimiters.
    return times / len(widths) + (0.5 if widths[0] == width else 0.0)
