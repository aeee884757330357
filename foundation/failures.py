"""Classify exceptions: failures of one row, and failures of infrastructure that all rows share.

A failure of the database, the broker or the disk is temporary and says nothing about the row that
was worked on: the work is tried again. A failure of the row itself recurs at every attempt.
"""

from __future__ import annotations

import traceback
from sqlite3 import (
    SQLITE_CONSTRAINT,
    SQLITE_ERROR,
    SQLITE_MISMATCH,
    SQLITE_RANGE,
    SQLITE_TOOBIG,
)

from django.db import DatabaseError, Error
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

#: SQLSTATE classes of PostgreSQL for errors in a statement or its values: feature not supported,
#: data, constraint, syntax or name, program limit (a statement too large or too deep).
_ROW_SQLSTATE_CLASSES = ("0A", "22", "23", "42", "54")
#: Exceptions to these: a missing privilege, table or column. The database is then not set up
#: correctly, and every row fails.
_SETUP_SQLSTATES = ("42501", "42P01", "42703")
_ROW_SQLITE_CODES = (
    SQLITE_ERROR,
    SQLITE_TOOBIG,
    SQLITE_CONSTRAINT,
    SQLITE_MISMATCH,
    SQLITE_RANGE,
)
_NOT_MIGRATED = ("no such table", "no such column", "has no column")
#: Errors of files that remain when the work is tried again.
_ROW_FILE_ERRORS = (FileNotFoundError, FileExistsError, IsADirectoryError, NotADirectoryError)


def is_shared_failure(problem: BaseException) -> bool:
    """Return whether an exception is a failure of the database, the broker or the host."""
    if isinstance(problem, Error):  # Django's; its cause is the driver's exception
        return not _is_statement_error(problem)
    if isinstance(problem, OSError):
        return not isinstance(problem, _ROW_FILE_ERRORS)
    return isinstance(problem, BrokerError | RedisError)


def traceback_without_messages(problem: BaseException) -> str:
    """Return the traceback of an exception and its causes, without the exceptions' messages.

    A message may contain a message text, a person's number or a credential, which a log must not.
    """
    parts: list[str] = []
    link: BaseException | None = problem
    while link is not None and len(parts) < 5:
        frames = "".join(traceback.format_tb(link.__traceback__))
        parts.append(f"{frames}{type(link).__module__}.{type(link).__qualname__}")
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return "\ncaused by\n".join(parts)


def _is_statement_error(problem: Error) -> bool:
    driver = problem.__cause__
    sqlstate = getattr(driver, "sqlstate", None)
    if sqlstate is not None:
        return sqlstate[:2] in _ROW_SQLSTATE_CLASSES and sqlstate not in _SETUP_SQLSTATES
    code = getattr(driver, "sqlite_errorcode", None)
    if code is not None:
        is_migrated = not any(words in str(driver) for words in _NOT_MIGRATED)
        return code & 0xFF in _ROW_SQLITE_CODES and is_migrated
    # The server reported nothing: the connection broke, or Django itself rejected the values.
    return isinstance(problem, DatabaseError) and type(problem).__name__ in (
        "DataError",
        "IntegrityError",
        "ProgrammingError",
        "NotSupportedError",
    )
