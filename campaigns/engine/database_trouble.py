"""Whose trouble a database error is: the row's that was written, or the database's own."""

from __future__ import annotations

from django.db import DataError, IntegrityError

#: Classes of SQLSTATE that speak of the very row: its data, its constraints, its size. Whatever
#: else a server says (read-only, shutting down, out of disk or memory, too many connections, locks,
#: serialization, timeouts, a cancelled statement, a missing table while it is migrated) passes.
#: Source: PostgreSQL's documentation, appendix A.
OF_THE_ROW = frozenset({"22", "23", "54"})


def is_about_the_row(problem: Exception) -> bool:
    """Return whether the same row would be refused again by a database that is well.

    Args:
        problem: what a write raised: an error of the database's, or of the driver, which could not
            even encode a value.
    """
    state = getattr(problem.__cause__, "sqlstate", None)
    if state is not None:
        return str(state)[:2] in OF_THE_ROW
    return isinstance(problem, (DataError, IntegrityError, ValueError, OverflowError, TypeError))
