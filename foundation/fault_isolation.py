"""One failing thing fails alone: a loop over rows in which each is handled for itself."""

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
                _see_to_connection()
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
        # It is given up the next time: it fails again then.
        log.error(
            "%s of %s could not be stopped:\n%s",
            step,
            _name(row),
            traceback_without_messages(further),
        )
        _see_to_connection()


def _see_to_connection() -> None:
    """Put a broken connection away and see that there is another.

    Raises:
        django.db.Error: there is none.
    """
    is_broken = connection.connection is not None and not connection.is_usable()
    if is_broken and not connection.in_atomic_block:
        connection.close()
    connection.ensure_connection()


def _name(row: object) -> str:
    """Return the kind and the key of a row: its words may name a person."""
    return f"{type(row).__name__} {getattr(row, 'pk', row)}"
