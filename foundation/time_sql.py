"""A time as text, made by the database: for files of a million rows."""

from __future__ import annotations

from typing import Any

from django.db.models import Func, TextField


class UtcIso(Func):
    """A time as `foundation.times.utc_iso` writes it; NULL for NULL.

    To read a million times as datetimes and to write them again takes several seconds.
    """

    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Format it with microseconds; without them if there are none."""
        template = (
            "replace(to_char(%(expressions)s AT TIME ZONE 'UTC', "
            """'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z')"""
        )
        return super().as_sql(compiler, connection, template=template, **context)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Change the text, which is how SQLite stores times, in UTC."""
        template = "replace(%(expressions)s, ' ', 'T') || 'Z'"
        return super().as_sql(compiler, connection, template=template, **context)
