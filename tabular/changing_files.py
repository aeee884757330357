"""Files that another program may still be writing while they are read."""

from __future__ import annotations

import stat
from pathlib import Path

from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

#: What changes when a file is written, cut short or replaced.
FileState = tuple[int, int, int]
_UNKNOWN: FileState = (0, 0, 0)


def state_of(path: Path) -> FileState:
    """Return the state of a file, to be compared after it was read; also if it is gone."""
    try:
        found = path.stat()
    except OSError:
        return _UNKNOWN
    if not stat.S_ISREG(found.st_mode):
        return _UNKNOWN  # a pipe is written while it is read, as it should be
    return found.st_ino, found.st_size, found.st_mtime_ns


def refuse_changed(path: Path, *, since: FileState) -> None:
    """Refuse a file that was written while it was read: its rows may be those of no version of it.

    Raises:
        Refusal: it has another state, or is gone (`file_changed`).
    """
    if state_of(path) != since:
        raise Refusal(
            _(
                "The file %(name)s was changed while it was read. Wait until it is written "
                "completely, then import it again. Nothing was imported."
            )
            % {"name": path.name},
            code="file_changed",
        )
