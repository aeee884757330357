"""A limit on the time that a query on people may take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction

from clocks import local
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

#: SQLite asks whether to go on after so many steps of its machine, about a millisecond.
_STEPS = 20_000


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Run queries that together take at most about so many seconds.

    Raises:
        Refusal: they would take longer; the database has ended them.
    """
    limit = _on_sqlite if connection.vendor == "sqlite" else _on_postgresql
    end = local.elapsed() + seconds
    try:
        with limit(seconds):
            yield
    except OperationalError as problem:
        if local.elapsed() < end and "statement timeout" not in str(problem):
            raise
        raise Refusal(
            _(
                "Evaluating these conditions takes longer than %(seconds)d seconds and was "
                "stopped. Use fewer conditions."
            )
            % {"seconds": seconds},
            code="too_slow",
        ) from None


@contextmanager
def _on_sqlite(seconds: float) -> Iterator[None]:
    # Without a transaction: on SQLite it would lock out all writers during the count.
    connection.ensure_connection()
    end = local.elapsed() + seconds
    raw = connection.connection
    raw.set_progress_handler(lambda: int(local.elapsed() > end), _STEPS)
    try:
        yield
    finally:
        raw.set_progress_handler(None, 0)


@contextmanager
def _on_postgresql(seconds: float) -> Iterator[None]:
    with transaction.atomic(), connection.cursor() as cursor:
        # Within another transaction SET LOCAL would last until its end.
        cursor.execute("SELECT current_setting('statement_timeout')")
        (before,) = cursor.fetchone()
        # Compiling hundreds of conditions takes longer than evaluating them.
        cursor.execute("SET LOCAL jit = off")
        cursor.execute(
            "SELECT set_config('statement_timeout', %s, true)", [f"{1000 * seconds:.0f}ms"]
        )
        yield
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [before])
