"""Log lines of tasks that failed because the database, Redis or the disk did not answer."""

from __future__ import annotations

import logging

from foundation.failures import is_shared_failure


class OutageLines(logging.Filter):
    """Makes one line of a task's traceback if what failed is shared by all: the task is repeated.

    Each of some thirty ticks fails while a database is away. Their tracebacks would fill the log
    with what is no error of the program, and hide those that are.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Shorten the record of a failed task of Celery; let every record pass."""
        problem = record.exc_info[1] if record.exc_info else None
        context = record.args
        if problem is None or not isinstance(context, dict) or not is_shared_failure(problem):
            return True
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        record.msg = "%s was not carried out: the database, Redis or the disk did not answer (%s)."
        record.args = (context.get("name", "A task"), type(problem).__name__)
        record.exc_info = record.exc_text = None
        return True
