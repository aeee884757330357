"""Writing many rows into a table of SQLite, many with each statement.

`executemany` runs the statement once for each row, and hands the interpreter to another thread each
time; while a file is read beside it, it has to wait for it. Fifty rows with a statement take half
of the processor time. Django's cursor would look through the statement for each of its parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from django.db import connection

#: Rows of a statement; more are no faster.
_ROWS = 50


def write_rows(before: str, rows: Sequence[tuple[Any, ...]], after: str = "") -> None:
    """Run a statement with a list of VALUES for each fifty rows, in the caller's transaction.

    Args:
        before: the statement up to its VALUES; of a WITH up to a bracket.
        rows: the rows, each with a value for each column.
        after: what follows the bracket.
    """
    if not rows:
        return
    marks = "(" + ", ".join("?" * len(rows[0])) + ")"
    execute = connection.connection.execute
    for block in _blocks(rows):
        values = ", ".join([marks] * len(block))
        statement = f"{before} VALUES {values}"
        execute(f"{statement}) {after}" if after else statement, list(chain.from_iterable(block)))


def _blocks(rows: Sequence[tuple[Any, ...]]) -> Iterator[Sequence[tuple[Any, ...]]]:
    for start in range(0, len(rows), _ROWS):
        yield rows[start : start + _ROWS]
