"""Counts the work of each statement that Django's connections carry out, in all threads.

On PostgreSQL the work is rows: each SELECT, INSERT, UPDATE and DELETE is first carried out by
EXPLAIN ANALYZE and rolled back, and every row that a node of its plan returns or throws away
counts, as does every look-up. On SQLite, which does not tell, the work is steps of its machine.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from tests.emptying import KEPT

#: SQLite calls back after so many steps of its machine.
EVERY = 50
_EXPLAINED = re.compile(r"\s*(SELECT|WITH|INSERT|UPDATE|DELETE)\b", re.IGNORECASE)
_LIST = re.compile(r"(%s|\d+)(, ?(%s|\d+))+|\((%s|\(.*?\))(, ?\((%s|.*?)\))+")
_REMOVED = (
    "Rows Removed by Filter",
    "Rows Removed by Join Filter",
    "Rows Removed by Index Recheck",
)


@dataclass(slots=True)
class Statement:
    """What the statements of one text did in one step.

    Attributes:
        sql: their text, with lists of values shortened.
        work: rows handled on PostgreSQL, steps of the machine on SQLite.
        times: how often they were carried out.
        plan: the plan of the one with the most work; "" on SQLite.
    """

    sql: str
    work: int = 0
    times: int = 0
    plan: str = ""
    most: int = 0


@dataclass
class Work:
    """The statements of a test, by step.

    Attributes:
        step: the name of the step under way; a test changes it.
        statements: by step and text.
    """

    step: str = ""
    statements: dict[tuple[str, str], Statement] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._changing = threading.Lock()

    def note(self, sql: str, work: int, *, plan: str = "") -> None:
        """Add what a statement did."""
        text = shape(sql)
        with self._changing:
            one = self.statements.setdefault((self.step, text), Statement(text))
            one.work += work
            one.times += 1
            if work > one.most:
                one.most, one.plan = work, plan

    def worst(self) -> list[tuple[str, Statement]]:
        """Return (step, statement), the one with the most work first."""
        found = [(step, one) for (step, _sql), one in self.statements.items()]
        return sorted(found, key=lambda each: -each[1].work)


def shape(sql: str) -> str:
    """Return a statement's text without its lists of values."""
    return _LIST.sub("...", " ".join(sql.split()))


@contextmanager
def watched() -> Iterator[Work]:
    """Count the work of all statements, of every connection that is open or opened meanwhile."""
    work = Work()
    watch = _Rows if connection.vendor == "postgresql" else _Steps
    undo: list[Callable[[], None]] = []

    def begin(connection: BaseDatabaseWrapper, **_given: Any) -> None:
        # A connection that is opened again keeps its wrappers, in their order.
        wrapper = next((w for w in connection.execute_wrappers if isinstance(w, watch)), None)
        if wrapper is None:
            wrapper = watch(work)
            connection.execute_wrappers.append(wrapper)
            undo.append(lambda: _end(connection, wrapper))
        wrapper.begin(connection)

    connection.ensure_connection()
    begin(connection)
    connection_created.connect(begin)
    try:
        yield work
    finally:
        connection_created.disconnect(begin)
        for one in undo:
            one()


def _end(connection: BaseDatabaseWrapper, wrapper: Any) -> None:
    if wrapper in connection.execute_wrappers:
        connection.execute_wrappers.remove(wrapper)
    if isinstance(wrapper, _Steps):
        wrapper.note()
    if connection.vendor == "sqlite" and connection.connection is not None:
        connection.connection.set_progress_handler(None, EVERY)


class _Rows:
    """The wrapper for PostgreSQL."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def begin(self, connection: BaseDatabaseWrapper) -> None:
        """Do nothing: each statement is explained by itself."""

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        raw = context["connection"].connection
        if not many and _EXPLAINED.match(sql) and raw.pgconn.pipeline_status == 0:
            try:
                with raw.transaction(force_rollback=True), raw.cursor() as cursor:
                    cursor.execute(
                        "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) " + sql, params
                    )
                    (found,) = cursor.fetchone()
                root = found[0] if not isinstance(found, str) else json.loads(found)[0]
                rows, lines = _handled(root["Plan"])
                rows += sum(int(each["Calls"]) for each in root.get("Triggers", ()))
                self._work.note(sql, rows, plan="\n".join(lines))
            except psycopg.Error as problem:
                self._work.note("FAILED " + repr(problem) + sql, 0)
        return execute(sql, params, many, context)


def _handled(node: dict[str, Any], depth: int = 0) -> tuple[int, list[str]]:
    """Return the rows and look-ups of a node and those below it, and its lines."""
    loops = node["Actual Loops"]
    removed = sum(node.get(name, 0) for name in _REMOVED)
    rows = int((node["Actual Rows"] + removed + 1) * loops) if loops else 0
    about = [node.get(key) for key in ("Relation Name", "Index Name", "Index Cond", "Filter",
             "Join Filter", "Hash Cond", "Merge Cond", "CTE Name", "Subplan Name")]  # fmt: skip
    words = " | ".join(str(each)[:160] for each in about if each)
    line = (
        f"{'  ' * depth}{node['Node Type']} {words} rows={node['Actual Rows']} removed={removed} "
        f"loops={loops} blocks={node.get('Shared Hit Blocks', 0)}"
    )
    lines = [line]
    for one in node.get("Plans", ()):
        below, more = _handled(one, depth + 1)
        rows += below
        lines += more
    return rows, lines


class _Steps:
    """The wrapper for SQLite, which computes rows while they are fetched."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._sql, self._steps = "", 0

    def begin(self, connection: BaseDatabaseWrapper) -> None:
        """Let SQLite call back."""
        connection.connection.set_progress_handler(self._tick, EVERY)

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.note()
        self._sql = sql
        # Again: a preview of a segment has one of its own, and leaves none behind.
        self.begin(context["connection"])
        return execute(sql, params, many, context)

    def note(self) -> None:
        """Add what the statement before did."""
        if self._sql:
            self._work.note(self._sql, self._steps)
        self._sql, self._steps = "", 0

    def _tick(self) -> int:
        self._steps += EVERY
        return 0


def forget_statistics() -> None:
    """Empty all tables but Django's and the audit trail, and forget what PostgreSQL knew of them.

    It learns nothing by itself from then on, as in the first minute of a new installation.
    """
    if connection.vendor != "postgresql":
        return
    names = [
        connection.ops.quote_name(name)
        for name in connection.introspection.django_table_names()
        if name not in KEPT and not name.startswith("audit_")
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(names)}")
        cursor.execute(
            "DELETE FROM pg_statistic WHERE starelid IN "
            "(SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)"
        )
        for name in names:
            cursor.execute(f"ALTER TABLE {name} SET (autovacuum_enabled = off)")
