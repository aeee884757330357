"""Watches what one act writes: the rows before its first change, and after its end.

It sits between Django and the database, so no way of writing passes it by: `save`, `update`,
`transition`, a bulk statement or SQL of our own. Up to MOST_ROWS rows of a statement are told one
by one; of more rows, only their number.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db import connection, models, transaction
from django.db.models.signals import m2m_changed, post_save

from audit import writes
from audit.watched import watched_models

log = logging.getLogger(__name__)

#: The most rows of one statement, and of one table in an act, that are told one by one.
MOST_ROWS, MOST_OF_A_TABLE = 20, 50


@dataclass(eq=False, slots=True)
class Touched:
    """A row that an act wrote to.

    Attributes:
        before: the row as it was; None: the act added it.
        name: its name then: a deleted row cannot tell it, if it is named after another one.
        columns: the columns that were set; empty: all.
        related: field to the names of the related rows before, for many-to-many fields.
    """

    before: models.Model | None
    name: str = ""
    columns: set[str] = field(default_factory=set)
    related: dict[str, list[str]] = field(default_factory=dict)


class Recorder:
    """What one act wrote. Install it by `connection.execute_wrapper`."""

    def __init__(self, mark: Callable[[], None]) -> None:
        self.touched: dict[type[models.Model], dict[Any, Touched]] = {}
        #: (model, kind) to the number of rows that were written.
        self._committed: Counter[tuple[type[models.Model], str]] = Counter()
        self._executed: Counter[tuple[type[models.Model], str]] = Counter()
        #: Tables of which more rows were written than are told one by one.
        self.crowded: set[type[models.Model]] = set()
        self.has_mark = False
        self._is_marked_for_good = False
        self._mark = mark
        self._is_looking = False

    def __call__(
        self, execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        """Note what a statement writes, around its execution."""
        if self._is_looking:
            return execute(sql, params, many, context)
        write = writes.write_of(sql)
        model = watched_models().get(write.table) if write is not None else None
        if write is None or model is None:
            return execute(sql, params, many, context)
        self._leave_mark()
        if write.condition is not None and not many:
            self._look_before(model, write, params)
        result = execute(sql, params, many, context)
        rows = context["cursor"].rowcount
        if rows <= 0 and write.kind == writes.INSERT:
            rows = writes.inserted(sql, params)  # SQLite counts only what is fetched
        self._executed[model, write.kind] += max(rows, 0)
        transaction.on_commit(partial(self._count, model, write.kind, max(rows, 0)))
        return result

    @property
    def counted(self) -> Counter[tuple[type[models.Model], str]]:
        """(model, kind) to the number of written rows; without those that were rolled back.

        In an act inside a larger transaction nothing is committed yet, and all are counted.
        """
        return self._executed if connection.in_atomic_block else self._committed

    def created(self, row: models.Model) -> None:
        """Note a row that was saved for the first time."""
        rows = self.touched.setdefault(type(row), {})
        if len(rows) >= MOST_OF_A_TABLE:
            self.crowded.add(type(row))
        else:
            rows.setdefault(row.pk, Touched(before=None))

    def relating(self, row: models.Model, name: str) -> None:
        """Note that the related rows of a many-to-many field are about to change."""
        rows = self.touched.setdefault(type(row), {})
        if row.pk not in rows:
            if len(rows) >= MOST_OF_A_TABLE:
                return
            # With no column to compare: only the related rows are.
            rows[row.pk] = Touched(before=row, columns={""})
        kept = rows[row.pk]
        if name not in kept.related and kept.before is not None:
            kept.related[name] = self.quietly(lambda: names_of(row, name)) or []

    @property
    def has_seen_a_write(self) -> bool:
        """Whether a statement of the act wrote to a watched table, if only for a while."""
        return bool(self.has_mark or self.touched or self.counted)

    def quietly(self, read: Callable[[], Any]) -> Any:
        """Return what a function reads; None if it fails, which must not fail the act."""
        self._is_looking = True
        try:
            with transaction.atomic() if connection.in_atomic_block else _Nothing():
                return read()
        except Exception:
            log.exception("A row cannot be read for the audit trail.")
            return None
        finally:
            self._is_looking = False

    def _leave_mark(self) -> None:
        """Have the act's mark committed together with its first change."""
        if self._is_marked_for_good:
            return
        self._is_looking = True
        try:
            self._mark()
        finally:
            self._is_looking = False
        self.has_mark = True
        transaction.on_commit(self._marked)

    def _marked(self) -> None:
        self._is_marked_for_good = True

    def _count(self, model: type[models.Model], kind: str, rows: int) -> None:
        self._committed[model, kind] += rows

    def _look_before(self, model: type[models.Model], write: writes.Write, params: Any) -> None:
        """Keep the rows that a statement is about to write."""
        rows = self.touched.setdefault(model, {})
        if model in self.crowded:
            return
        found = self.quietly(lambda: _rows_of(model, write, params))
        if found is None:
            return
        if len(found) > MOST_ROWS or len(rows) + len(found) > MOST_OF_A_TABLE:
            self.crowded.add(model)
            return
        for row in found:
            kept = rows.get(row.pk)
            if kept is None:
                name = self.quietly(partial(str, row)) or ""
                kept = rows[row.pk] = Touched(before=row, name=name)
                kept.columns.update(write.columns)
            elif kept.columns:
                kept.columns.update(write.columns)


class _Nothing:
    def __enter__(self) -> None: ...
    def __exit__(self, *_about: object) -> None: ...


def _rows_of(model: type[models.Model], write: writes.Write, params: Any) -> list[models.Model]:
    key = connection.ops.quote_name(str(model._meta.pk.column))
    table = connection.ops.quote_name(model._meta.db_table)
    # The condition is the statement's own, with its parameters apart.
    query = f"SELECT {table}.{key} FROM {table}{write.condition} LIMIT {MOST_ROWS + 1}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(query, tuple(params or ())[write.skipped :])
        keys = [one for (one,) in cursor.fetchall()]
    if len(keys) > MOST_ROWS:
        return [model() for _key in keys]
    return list(model._base_manager.filter(pk__in=keys)) if keys else []


def names_of(row: models.Model, name: str) -> list[str]:
    """Return the names of the related rows of a many-to-many field."""
    return [str(one) for one in getattr(row, name).all()[: MOST_OF_A_TABLE + 1]]


current_recorder: ContextVar[Recorder | None] = ContextVar("recorder", default=None)


def listen_to_models() -> None:
    """Have the current recorder told of new rows and of many-to-many fields."""
    post_save.connect(_on_saved, dispatch_uid="audit")
    m2m_changed.connect(_on_relating, dispatch_uid="audit")


def _on_saved(sender: Any, instance: models.Model, created: bool, **_about: Any) -> None:
    recorder = current_recorder.get()
    if created and recorder is not None and sender._meta.db_table in watched_models():
        recorder.created(instance)


def _on_relating(sender: Any, instance: models.Model, action: str, **about: Any) -> None:
    recorder = current_recorder.get()
    if recorder is None or not action.startswith("pre_") or about.get("reverse"):
        return
    if instance._meta.db_table not in watched_models():
        return
    for name in (one.name for one in instance._meta.many_to_many):
        if getattr(type(instance), name).through is sender:
            recorder.relating(instance, name)
