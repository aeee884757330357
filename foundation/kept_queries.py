"""Queries whose SQL is made once: for what a process reads again and again.

Twice a second a worker reads what may have changed. To build the same statements each time took
several times as long as the database takes to answer them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet


class _Made(NamedTuple):
    """The SQL of a queryset for one kind of database.

    Attributes:
        params: its parameters, with the samples in their places.
        places: the place of each sample among the parameters, and its number.
        converters: what each column has to go through, by its place.
    """

    sql: str
    params: list[Any]
    places: list[tuple[int, int]]
    converters: list[tuple[int, list[Callable[..., Any]], Any]]


class KeptQuery:
    """A queryset that is built once, and asked with other values each time.

    Args:
        build: returns the queryset, given the samples. It reads columns: `values_list`, no objects.
        samples: a number or a moment for each value that changes, such as no other value of the
            queryset can be; a moment has a time zone.
    """

    def __init__(
        self,
        build: Callable[..., QuerySet[Any, Any]],
        *,
        samples: Sequence[int | datetime] = (),
    ) -> None:
        self._build = build
        self._samples = tuple(samples)
        self._made: dict[str, _Made] = {}  # by kind of database

    def rows(self, *values: int | datetime) -> list[tuple[Any, ...]]:
        """Return the rows, as the queryset would.

        Args:
            values: those that take the places of the samples.
        """
        made = self._made.get(connection.vendor)
        if made is None:
            made = self._made[connection.vendor] = self._make()
        params = list(made.params)
        for place, number in made.places:
            params[place] = _stored(values[number])
        with connection.cursor() as cursor:
            cursor.execute(made.sql, params)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return [_converted(row, made) for row in rows] if made.converters else rows

    def _make(self) -> _Made:
        compiler = self._build(*self._samples).query.get_compiler(connection=connection)
        sql, given = compiler.as_sql()
        params, samples = list(given), [_stored(sample) for sample in self._samples]
        places = [(at, samples.index(one)) for at, one in enumerate(params) if one in samples]
        unused = set(range(len(samples))) - {number for _at, number in places}
        assert not unused, f"Samples without a place: {unused}"
        columns = [column for column, _sql, _alias in compiler.select]
        converters = compiler.get_converters(columns).items()
        return _Made(sql, params, places, [(at, *how) for at, how in converters])


def _stored(value: Any) -> Any:
    """Return a value as the database takes it."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value


def _converted(row: tuple[Any, ...], made: _Made) -> tuple[Any, ...]:
    values = list(row)
    for at, converters, column in made.converters:
        for convert in converters:
            values[at] = convert(values[at], column, connection)
    return tuple(values)
