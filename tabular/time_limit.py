"""How long a reader may take: whoever waits for a preview waits seconds, whatever the file."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from foundation.sentences import Sentence as _
from tabular.problems import FileProblem

_end: ContextVar[float] = ContextVar("end", default=math.inf)


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Within, what `check_time` guards ends after so many seconds, in this thread."""
    token = _end.set(min(_end.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _end.reset(token)


def is_limited() -> bool:
    """Return whether somebody waits: what a preview does not need can be left for later."""
    return _end.get() < math.inf


def check_time() -> None:
    """Refuse a file that is not read in time. Readers call it once a block.

    Raises:
        FileProblem: the time is over.
    """
    if time.monotonic() > _end.get():
        raise FileProblem(
            _(
                "The file takes too long to read for what is in it: it may be damaged. Open it in "
                "the spreadsheet, copy the table into a new file and save that as XLSX or CSV."
            ),
            code="too_slow",
        )
