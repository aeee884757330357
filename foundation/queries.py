"""Pieces of statements: values in chunks, and the SQL of a queryset for a larger one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from django.db import connection
from django.db.models import QuerySet

Value = TypeVar("Value")

#: Values of one statement: the databases take a bounded number of parameters.
CHUNK = 500


def chunks(values: Sequence[Value], *, size: int = CHUNK) -> Iterator[Sequence[Value]]:
    """Yield the values in order, at most `size` at a time."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def sql_of(rows: QuerySet[Any, Any]) -> tuple[str, tuple[Any, ...]]:
    """Return the SQL of a queryset and its parameters, also of one that is always empty.

    For a condition that no row can meet (`pk__in=[]`, `none()`) Django makes no SQL and raises
    EmptyResultSet. A larger statement needs SQL in any case, so such a queryset gets a condition
    that is never true.
    """
    sql, params = rows.query.get_compiler(connection=connection, elide_empty=False).as_sql()
    return sql, tuple(params)
