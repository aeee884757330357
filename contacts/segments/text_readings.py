"""SQL that reads an attribute without a type as a number or a date.

Only unambiguous texts are read: 18 and -2.5, 2026-03-01 and 2026-03-01 09:30. An
attribute with a type is read as people write numbers and dates, by `contacts.people`.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import connection
from django.db.models import DateField, Field, FloatField, Func

#: The most characters of a number.
LONGEST_NUMBER = 25


class _Reading(Func):
    """A CASE in which a text occurs several times, as t."""

    arity = 1
    on_sqlite: ClassVar[str]
    on_postgresql: ClassVar[str]

    def as_sqlite(self, compiler: Any, connection: Any, **_context: Any) -> Any:
        return self._filled_in(compiler, self.on_sqlite)

    def as_postgresql(
        self, compiler: Any, connection: Any, **_context: Any
    ) -> tuple[str, list[Any]]:
        return self._filled_in(compiler, self.on_postgresql)

    def _filled_in(self, compiler: Any, template: str) -> tuple[str, list[Any]]:
        sql, params = compiler.compile(self.source_expressions[0])
        # The text is looked up once for a row: LIMIT and WHERE keep SQLite, and OFFSET keeps
        # PostgreSQL, from putting its expression in place of each t.
        return (
            f"(SELECT {template} FROM (SELECT {sql} AS t LIMIT 1 OFFSET 0) AS found"  # noqa: S608
            " WHERE t IS NOT NULL)",
            list(params),
        )


class NumberInText(_Reading):
    """The number that a text is, NULL for any other text.

    The cast stands in a CASE, which keeps it from other texts. SQLite's REGEXP is a Python
    function, called for each row; GLOB is not.
    """

    output_field: Field[Any, Any] = FloatField()
    on_sqlite = (
        # Most are digits alone, for which one look is enough.
        f"CASE WHEN length(t) BETWEEN 1 AND {LONGEST_NUMBER} AND t NOT GLOB '*[^0-9]*'"
        " THEN CAST(t AS REAL)"
        f" WHEN length(t) <= {LONGEST_NUMBER} AND t NOT GLOB '*[^0-9.-]*'"
        " AND t GLOB '*[0-9]' AND ltrim(t, '-') GLOB '[0-9]*'"
        " AND substr(t, 2) NOT GLOB '*-*' AND t NOT GLOB '*.*.*'"
        " THEN CAST(t AS REAL) END"
    )
    on_postgresql = (
        f"CASE WHEN length(t) <= {LONGEST_NUMBER} AND t ~ '^-?[0-9]+([.][0-9]+)?$'"
        " THEN CAST(t AS double precision) END"
    )


def number_in_t() -> str:
    """Return the SQL of the number that the text in a column t is; NULL for any other text."""
    is_postgresql = connection.vendor == "postgresql"
    return NumberInText.on_postgresql if is_postgresql else NumberInText.on_sqlite


class DateInText(_Reading):
    """The date with which a text begins; NULL if it begins with none."""

    output_field: Field[Any, Any] = DateField()
    on_sqlite = (
        "CASE WHEN t GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*' AND t NOT GLOB '0000*'"
        " AND (length(t) = 10 OR substr(t, 11, 1) IN ('T', ' '))"
        # Adding nothing makes SQLite reckon with the date: alone it accepts 31 days of any month.
        " AND date(substr(t, 1, 10), '+0 days') = substr(t, 1, 10) THEN substr(t, 1, 10) END"
    )
    # 29 February exists only in some years, so the CASE checks the year before it computes.
    on_postgresql = (
        "CASE WHEN t ~ '^(?!0000)[0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])"
        "|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|[12][0-9]))([T ]|$)'"
        " THEN CASE WHEN substr(t, 6, 5) <> '02-29' OR (substr(t, 1, 4)::int %% 4 = 0"
        " AND (substr(t, 1, 4)::int %% 100 <> 0 OR substr(t, 1, 4)::int %% 400 = 0))"
        " THEN substr(t, 1, 10)::date END END"
    )
