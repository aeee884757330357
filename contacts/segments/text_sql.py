"""Comparisons of texts as SQL, with the same result on both databases.

It uses neither LIKE nor regular expressions. LIKE has wildcards that must be escaped, is limited to
50,000 bytes on SQLite, and ignores the case of other letters there than on PostgreSQL. Here the
case of A to Z is ignored on both.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.db.models import BooleanField, Case, F, Func, IntegerField, Q, TextField, Value, When
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import Exact, GreaterThan

_LETTERS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


def person_name() -> Any:
    """Return the expression of a person's name."""
    return Cast(F("name"), TextField())


def or_blank(text: Any) -> Any:
    """Return a text, "" for NULL: comparisons of it are true or false, never NULL."""
    return Coalesce(text, Value(""), output_field=TextField())


def never_null(condition: Any) -> Q:
    """Return a condition with NULL turned into false, so that its "not" includes those people."""
    return Q(
        Case(
            When(Q(condition), then=Value(True)),
            default=Value(False),
            output_field=BooleanField(),
        )
    )


def is_text(text: Any, value: str) -> Any:
    """Return whether a text is a value, letter for letter."""
    return Exact(text, Value(value, output_field=TextField()))


def contains(text: Any, piece: str) -> Any:
    """Return whether a text contains a piece."""
    return GreaterThan(_Position(Small(text), _small(piece)), 0)


def starts_with(text: Any, piece: str) -> Any:
    """Return whether a text begins with a piece."""
    start = Func(Small(text), Value(1), Value(len(piece)), function="substr")
    return Exact(_as_text(start), _small(piece))


def ends_with(text: Any, piece: str) -> Any:
    """Return whether a text ends with a piece."""
    return Exact(_End(Small(text), Value(len(piece))), _small(piece))


def equals(value: Any, wanted: Any) -> Any:
    """Return whether a value is the wanted one, both of the type of the value."""
    return Exact(value, Value(wanted, output_field=value.output_field))


def month_and_day(day: Any) -> Any:
    """Return the month and the day of a date as a text, like "02-29"; "" without a date."""
    return or_blank(_DayText(day, Value("MM-DD", output_field=TextField())))


def day_text(day: Any) -> Any:
    """Return a date as a text, like "2026-03-01"; "" without a date."""
    return or_blank(_DayText(day, Value("YYYY-MM-DD", output_field=TextField())))


class _DayText(Func):
    """A date as a text; on SQLite a date is one already."""

    output_field = TextField()
    function = "to_char"
    arity = 2

    def as_sqlite(self, compiler: Any, connection: Any, **_context: Any) -> Any:
        day, form = self.get_source_expressions()
        sql, params = compiler.compile(day)
        return f"substr({sql}, {6 if form.value == 'MM-DD' else 1})", params


class OneOf(Func):
    """Whether a text is one of many values, which are one parameter of the statement.

    The databases read them into a hash table, once a statement.
    """

    output_field = BooleanField()
    conditional = True
    postgresql_type = "text"

    def __init__(self, text: Any, values: Sequence[Any], **more: Any) -> None:
        self.values = list(values)
        super().__init__(text, **more)

    def as_sqlite(self, compiler: Any, connection: Any, **_context: Any) -> Any:
        sql, params = compiler.compile(self.source_expressions[0])
        values = json.dumps(self.values, ensure_ascii=False)
        return f"({sql} IN (SELECT value FROM json_each(%s)))", [*params, values]  # noqa: S608

    def as_postgresql(
        self, compiler: Any, connection: Any, **_context: Any
    ) -> tuple[str, list[Any]]:
        sql, params = compiler.compile(self.source_expressions[0])
        return f"({sql} = ANY(%s::{self.postgresql_type}[]))", [*params, self.values]


class OneOfNumbers(OneOf):
    """Whether a number is one of many."""

    postgresql_type = "double precision"


class Small(Func):
    """A text with A to Z as small letters."""

    output_field = TextField()
    function = "LOWER"

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(
            compiler, connection, template='LOWER((%(expressions)s) COLLATE "C")', **context
        )


class _Position(Func):
    """The position of the first occurrence of a piece in a text, from 1; 0 without one."""

    output_field = IntegerField()
    function = "INSTR"
    arity = 2

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="STRPOS", **context)


class _End(Func):
    """The last characters of a text."""

    output_field = TextField()
    arity = 2
    template = "substr(%(expressions)s)"
    arg_joiner = ", -"

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(
            compiler, connection, template="right(%(expressions)s)", arg_joiner=", ", **context
        )


def _small(piece: str) -> Any:
    return Value(piece.translate(_LETTERS), output_field=TextField())


def _as_text(function: Func) -> Func:
    function.output_field = TextField()
    return function
