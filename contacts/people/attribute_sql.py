"""Expressions that find an attribute of a contact, exactly by its name, on both databases.

Django's JSON paths are not used, for two reasons. A name of digits would be a position in an array.
On SQLite a path is compared with the stored text, in which Django escapes characters that an import
writes unescaped. Here a name is a parameter that is compared with the decoded keys. Every
expression is computed from the row alone, so a condition on a million contacts is one scan of the
table.
"""

from __future__ import annotations

from typing import Any

from django.db.models import BooleanField, DateField, FloatField, Func, TextField, Value

from foundation.characters import is_storable


class _Member(Func):
    """A member of a JSON object in a column, as one type.

    Args:
        column: the column of the contact.
        name: the name of the member.
    """

    def __init__(self, column: Any, name: Any, **extra: Any) -> None:
        if isinstance(name, str):
            name = Value(name if is_storable(name) else None, output_field=TextField())
        super().__init__(column, name, **extra)

    #: The SQL in which the column and the name are filled in, in this order.
    postgresql = ""
    sqlite = ""

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self._filled(compiler, self.postgresql)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self._filled(compiler, self.sqlite)

    def _filled(self, compiler: Any, sql: str) -> Any:
        column, name = self.get_source_expressions()
        column_sql, column_values = compiler.compile(column)
        name_sql, name_values = compiler.compile(name)
        return sql.format(column=column_sql, name=name_sql), [*column_values, *name_values]


class _TextMember(_Member):
    """The text of a member: of a string its characters, of other values their JSON."""

    output_field = TextField()
    postgresql = "({column} ->> ({name})::text)"
    # In `json_each` all keys are decoded, however they were written.
    sqlite = (
        "(SELECT CASE type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' WHEN 'null' THEN NULL "
        "ELSE CAST(value AS text) END FROM json_each({column}) WHERE key = {name})"
    )


class _NumberMember(_Member):
    """A member that is a number."""

    output_field = FloatField()
    postgresql = (
        "(SELECT CASE jsonb_typeof(member) WHEN 'number' THEN (member)::double precision END "
        "FROM (SELECT {column} -> ({name})::text AS member) AS found)"
    )
    sqlite = (
        "(SELECT CAST(value AS real) FROM json_each({column}) "
        "WHERE key = {name} AND type IN ('integer', 'real'))"
    )


class _DateMember(_Member):
    """The day of a member that is a string: an ISO date, or a date and a time."""

    output_field = DateField()
    postgresql = (
        "(SELECT CASE jsonb_typeof(member) WHEN 'string' THEN left(member #>> '{{}}', 10)::date "
        "END FROM (SELECT {column} -> ({name})::text AS member) AS found)"
    )
    sqlite = (
        "(SELECT substr(value, 1, 10) FROM json_each({column}) "
        "WHERE key = {name} AND type = 'text')"
    )


class _YesMember(_Member):
    """A member that is true or false."""

    output_field = BooleanField()
    postgresql = (
        "(SELECT CASE jsonb_typeof(member) WHEN 'boolean' THEN (member)::boolean END "
        "FROM (SELECT {column} -> ({name})::text AS member) AS found)"
    )
    sqlite = (
        "(SELECT value FROM json_each({column}) WHERE key = {name} AND type IN ('true', 'false'))"
    )


def attribute_text(name: str) -> Func:
    """Return the text of the contact's attribute as people wrote it; NULL without the attribute."""
    return _TextMember("attributes", name)


def reading_text(name: str) -> Func:
    """Return the text of what the attribute was read as; NULL if it was not read."""
    return _TextMember("readings", name)


def attribute_number(name: str) -> Func:
    """Return the number that the attribute was read as; NULL if it was not read as a number."""
    return _NumberMember("readings", name)


def attribute_date(name: str) -> Func:
    """Return the day that the attribute was read as; NULL if it was not read as a date."""
    return _DateMember("readings", name)


def attribute_yes(name: str) -> Func:
    """Return true if the attribute was read as yes, false if as no, NULL if as neither."""
    return _YesMember("readings", name)
