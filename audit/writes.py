"""Reads from an SQL statement which table it writes to, and which rows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

INSERT, UPDATE, DELETE = "INSERT", "UPDATE", "DELETE"
_WRITE = re.compile(
    r"\s*(?:(INSERT)(?:\s+OR\s+\w+)?\s+INTO|(UPDATE)(?:\s+ONLY)?|(DELETE)\s+FROM)\s+\"?(\w+)\"?",
    re.IGNORECASE,
)
#: A statement of the shape that Django writes, whose condition can be asked for its rows.
_PLAIN = re.compile(r'(?:UPDATE "\w+" SET |DELETE FROM "\w+" WHERE )')
_COLUMN = re.compile(r'"(\w+)" = ')
_PLACE = re.compile(r"(?<!%)%s")
_VALUES = re.compile(r"\sVALUES\s")


@dataclass(frozen=True, slots=True)
class Write:
    """A statement that writes.

    Attributes:
        kind: INSERT, UPDATE or DELETE.
        table: the table.
        columns: the columns that an UPDATE sets.
        condition: the condition with its WHERE; None if it cannot be read.
        skipped: how many parameters stand before the condition.
    """

    kind: str
    table: str
    columns: tuple[str, ...] = ()
    condition: str | None = None
    skipped: int = 0


def write_of(sql: str) -> Write | None:
    """Return what a statement writes; None for one that only reads."""
    found = _WRITE.match(sql)
    if found is None:
        return None
    kind = (found[1] or found[2] or found[3]).upper()
    if kind == INSERT or not _PLAIN.match(sql):
        return Write(kind, found[4])
    at = _outer_where(sql)
    if at is None:
        return Write(kind, found[4])
    head = sql[:at]
    columns = tuple(_COLUMN.findall(head)) if kind == UPDATE else ()
    return Write(kind, found[4], columns, sql[at:], len(_PLACE.findall(head)))


def inserted(sql: str, params: Any) -> int:
    """Return how many rows an INSERT with values adds; 0 if that cannot be read."""
    columns = sql.partition("(")[2].partition(")")[0].count(",") + 1
    if " UNNEST(" in sql and params and isinstance(params[0], list):
        return len(params[0])
    return len(params or ()) // columns if _VALUES.search(sql) else 0


def _outer_where(sql: str) -> int | None:
    """Return where the statement's own WHERE begins, not that of a subquery."""
    depth = 0
    quote = ""
    for at, character in enumerate(sql):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
        elif character == " " and depth == 0 and sql.startswith(" WHERE ", at):
            return at
    return None
