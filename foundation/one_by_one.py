"""One failing thing fails alone: a loop over rows in which each is handled for itself."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from django.db import connection

from foundation.refusals import Refusal
from foundation.trouble import is_shared, where

log = logging.getLogger(__name__)

Row = TypeVar("Row")
Result = TypeVar("Result")


def one_by_one(
    rows: Iterable[Row],
    *,
    do: Callable[[Row], Result],
    failed: Callable[[Row, Exception], object],
    step: str,
) -> list[Result]:
    """Do something for each row; return what came of it where it did not fail.

    A row that fails is logged with where, and given to `failed`, which stops it and says why; the
    others go on. Trouble that is not the row's (the database is locked, read-only, gone) is left to
    the next time, and ends the loop only when there is no database to go on with.

    Args:
        rows: which; all of them are read first.
        do: the verb.
        failed: what becomes of a row whose verb raised this. A Refusal is one too.
        step: what is done, for the log.

    Raises:
        django.db.Error: the database cannot be reached.
    """
    results: list[Result] = []
    for row in list(rows):
        try:
            results.append(do(row))
        except Exception as problem:
            if is_shared(problem):
                log.warning("%s of %s waits: %s", step, _name(row), type(problem).__name__)
                _see_to_connection()
            else:
                _give_up(row, problem, failed=failed, step=step)
    return results


def _give_up(
    row: Row, problem: Exception, *, failed: Callable[[Row, Exception], object], step: str
) -> None:
    if isinstance(problem, Refusal):
        log.warning("%s of %s was refused: %s", step, _name(row), problem.code)
    else:
        log.error("%s of %s failed:\n%s", step, _name(row), where(problem))
    try:
        failed(row, problem)
    except Exception as further:
        # It is given up the next time: it fails again then.
        log.error("%s of %s could not be stopped:\n%s", step, _name(row), where(further))
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
