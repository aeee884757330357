"""The SQL of a query, for statements that are written out around it."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import QuerySet


def sql_of(rows: QuerySet[Any, Any]) -> tuple[str, tuple[Any, ...]]:
    """Return the SQL of a query and its parameters, also of one that can find nothing.

    Django saves itself a query whose condition nothing can meet (`pk__in=[]`, `none()`) by raising
    EmptyResultSet where the SQL is asked for. Inside a larger statement that is no way out: the
    condition is written as one that is never true.
    """
    sql, params = rows.query.get_compiler(connection=connection, elide_empty=False).as_sql()
    return sql, tuple(params)
