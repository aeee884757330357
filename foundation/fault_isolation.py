"""A loop over rows in which the failure of one row does not affect the others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from django.db import connection

from foundation.failures import is_shared_failure, traceback_without_messages
from foundation.refusals import Refusal

log = logging.getLogger(__name__)

Row = TypeVar("Row")
Result = TypeVar("Result")


def run_each(
    rows: Iterable[Row],
    *,
    do: Callable[[Row], Result],
    on_failure: Callable[[Row, Exception], object],
    step: str,
) -> list[Result]:
    """Call `do` for each row; return the results of the calls that did not fail.

    A failing row does not stop the others. Its traceback is logged, and `on_failure` is called to
    stop the row with a reason. A failure that all rows share (the database is locked, read-only or
    gone) is not held against the row: the caller tries again at its next run. It ends the loop only
    if the database cannot be reached.

    Args:
        rows: the rows; all of them are read before the first call.
        do: what to do with a row.
        on_failure: called with a row and the exception, a Refusal included, that `do` raised.
        step: what `do` does, for the log ("The import").

    Raises:
        django.db.Error: the database cannot be reached.
    """
    results: list[Result] = []
    for row in list(rows):
        try:
            results.append(do(row))
        except Exception as problem:
            if is_shared_failure(problem):
                log.warning("%s of %s waits: %s", step, _name(row), type(problem).__name__)
                _reconnect_if_broken()
            else:
                _give_up(row, problem, on_failure=on_failure, step=step)
    return results


def _give_up(
    row: Row, problem: Exception, *, on_failure: Callable[[Row, Exception], object], step: str
) -> None:
    if isinstance(problem, Refusal):
        log.warning("%s of %s was refused: %s", step, _name(row), problem.code)
    else:
        log.error("%s of %s failed:\n%s", step, _name(row), traceback_without_messages(problem))
    try:
        on_failure(row, problem)
    except Exception as further:
        # The row fails again at the next run, and is stopped then.
        trace = traceback_without_messages(further)
        log.error("%s of %s could not be stopped:\n%s", step, _name(row), trace)
        _reconnect_if_broken()


def _reconnect_if_broken() -> None:
    """Replace a broken database connection.

    Raises:
        django.db.Error: the database cannot be reached.
    """
    is_broken = connection.connection is not None and not connection.is_usable()
    if is_broken and not connection.in_atomic_block:
        connection.close()
    connection.ensure_connection()


def _name(row: object) -> str:
    """Return the class and the key of a row. Its text is left out: it may name a person."""
    return f"{type(row).__name__} {getattr(row, 'pk', row)}"
