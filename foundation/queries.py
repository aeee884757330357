"""The SQL of a queryset, for statements written by hand around it."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import QuerySet


def sql_of(rows: QuerySet[Any, Any]) -> tuple[str, tuple[Any, ...]]:
    """Return the SQL of a queryset and its parameters, also of one that is always empty.

    For a condition that no row can meet (`pk__in=[]`, `none()`) Django skips the query by raising
    EmptyResultSet. A larger statement needs SQL nevertheless, so the condition is written as one
    that is never true.
    """
    sql, params = rows.query.get_compiler(connection=connection, elide_empty=False).as_sql()
    return sql, tuple(params)
