"""Whose trouble an exception is: the row's that was worked on, or that of something all rows share.

What is the database's, the broker's or the disk's own trouble is over some time and says nothing
about the row: it is tried again. What is the row's comes again however often it is tried.
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

#: SQLSTATE classes of PostgreSQL that speak of the statement and its values: feature not supported,
#: data, constraint, syntax or name, program limit (a statement too large or too deep).
_OWN_CLASSES = ("0A", "22", "23", "42", "54")
#: Of those, what a database has that is not migrated, or whose rights are wrong: all rows' trouble.
_NOT_OWN = ("42501", "42P01", "42703")
_OWN_SQLITE = (
    SQLITE_ERROR,
    SQLITE_TOOBIG,
    SQLITE_CONSTRAINT,
    SQLITE_MISMATCH,
    SQLITE_RANGE,
)
_NOT_MIGRATED = ("no such table", "no such column", "has no column")
#: Files that will not come back by waiting.
_OWN_FILES = (FileNotFoundError, FileExistsError, IsADirectoryError, NotADirectoryError)


def is_shared_failure(problem: BaseException) -> bool:
    """Return whether an exception is trouble of the database, the broker or the host."""
    if isinstance(problem, Error):  # Django's, whose cause is the driver's
        return not _is_of_the_statement(problem)
    if isinstance(problem, OSError):
        return not isinstance(problem, _OWN_FILES)
    return isinstance(problem, BrokerError | RedisError)


def traceback_without_messages(problem: BaseException) -> str:
    """Return the traceback of an exception and its causes, without what the exceptions say.

    They may say a message's text, a person's number or a credential; a log must not.
    """
    parts: list[str] = []
    link: BaseException | None = problem
    while link is not None and len(parts) < 5:
        frames = "".join(traceback.format_tb(link.__traceback__))
        parts.append(f"{frames}{type(link).__module__}.{type(link).__qualname__}")
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return "\ncaused by\n".join(parts)


def _is_of_the_statement(problem: Error) -> bool:
    driver = problem.__cause__
    sqlstate = getattr(driver, "sqlstate", None)
    if sqlstate is not None:
        return sqlstate[:2] in _OWN_CLASSES and sqlstate not in _NOT_OWN
    code = getattr(driver, "sqlite_errorcode", None)
    if code is not None:
        is_migrated = not any(words in str(driver) for words in _NOT_MIGRATED)
        return code & 0xFF in _OWN_SQLITE and is_migrated
    # No word from the server: the connection broke, or Django itself refused the values.
    return isinstance(problem, DatabaseError) and type(problem).__name__ in (
        "DataError",
        "IntegrityError",
        "ProgrammingError",
        "NotSupportedError",
    )
