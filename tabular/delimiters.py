"""Which character separates the cells of a text table."""

from __future__ import annotations

import csv
import io
from collections import Counter

#: What is tried, the likeliest first: a tie goes to the earlier one. The last two are full-width.
DELIMITERS = (",", "\t", ";", "|", "，", "；")
#: Lines looked at.
SAMPLE_LINES = 50


def detect_delimiter(sample: str) -> str:
    """Return the delimiter of a text table, "," when it has one column only.

    The one that gives the same number of cells, two or more, in the most lines.
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
    # The first line is the header, and knows best: it must agree.
    return times / len(widths) + (0.5 if widths[0] == width else 0.0)
