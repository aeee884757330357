"""A time limit for readers, so that a preview takes seconds, whatever the file."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from foundation.sentences import Sentence as _
from tabular.problems import FileProblem

#: When the time is over, by `time.monotonic`.
_end: ContextVar[float] = ContextVar("end", default=math.inf)


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Limit the time of readers in this context (thread) to so many seconds; see `check_time`."""
    token = _end.set(min(_end.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _end.reset(token)


def is_limited() -> bool:
    """Return whether a limit is set, so that work a preview does not need can be skipped."""
    return _end.get() < math.inf


def check_time() -> None:
    """Raise when the time is over; readers call it once for each block.

    Raises:
        FileProblem: the time is over.
    """
    if time.monotonic() > _end.get():
        raise FileProblem(
            _(
                "The file takes too long to read and may be damaged. Open it in the spreadsheet, "
                "copy the table into a new file and save that as XLSX or CSV."
            ),
            code="too_slow",
        )
