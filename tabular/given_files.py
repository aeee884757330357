"""Files that a command is told to read: a file, or a pipe, which is copied."""

from __future__ import annotations

import contextlib
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from tabular.upload_files import cannot_store, write_blocks

#: Standard input, as other commands name it.
STANDARD_INPUT = "-"
#: The most bytes of a pipe: a program that writes without end must not fill the disk.
LARGEST_PIPE = 2 << 30
_BLOCK = 1 << 20


@contextlib.contextmanager
def given_file(path: Path) -> Iterator[Path]:
    """Yield the path of a file that can be read several times.

    A pipe (`-`, `/dev/stdin`, `<(zcat people.csv.gz)`) can be read once, and tables are read twice:
    to learn their layout, then for their rows. So its bytes are copied, and the copy is removed
    afterwards.

    Raises:
        Refusal: there is no such file, it is a folder or a device (`no_such_file`), it cannot be
            read (`unreadable`), or a pipe is too long (`too_large`).
    """
    if str(path) == STANDARD_INPUT:
        with _copied(sys.stdin.buffer) as copy:
            yield copy
        return
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            path.open("rb").close()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise Refusal(
            _("There is no file %(path)s.") % {"path": path}, code="no_such_file"
        ) from None
    except OSError as problem:
        raise unreadable(path, problem) from None
    if stat.S_ISREG(mode):
        yield path
    elif stat.S_ISFIFO(mode):
        with path.open("rb") as pipe, _copied(pipe) as copy:
            yield copy
    elif stat.S_ISDIR(mode):
        raise Refusal(
            _("%(path)s is a folder. Name a file in it.") % {"path": path}, code="no_such_file"
        )
    else:
        raise Refusal(
            _("%(path)s is not a file, but a device.") % {"path": path}, code="no_such_file"
        )


def unreadable(path: Path, problem: OSError) -> Refusal:
    """Return the refusal of a file that the system does not let us read, with its reason."""
    if isinstance(problem, PermissionError):
        return Refusal(
            _("The file %(path)s cannot be read by this user.") % {"path": path},
            code="unreadable",
        )
    return Refusal(
        _("%(path)s cannot be read: %(problem)s.")
        % {"path": path, "problem": problem.strerror or problem},
        code="unreadable",
    )


@contextlib.contextmanager
def _copied(pipe: BinaryIO) -> Iterator[Path]:
    """Yield the path of a copy of a pipe, which only this user can read; remove it afterwards."""
    with tempfile.NamedTemporaryFile() as copy:
        try:
            write_blocks(copy, iter(lambda: pipe.read(_BLOCK), b""), largest=LARGEST_PIPE)
            copy.flush()
        except OSError as problem:
            raise cannot_store(problem, folder=Path(copy.name).parent) from None
        yield Path(copy.name)
