"""Checks, locks and closes QQCAMPAIGN_HOME, the folder of the embedded stack."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation import gettext as _

from foundation.refusals import Refusal

#: Free bytes needed for a start: SQLite, the append-only file of Redis and the logs grow.
SMALLEST_FREE_SPACE = 50_000_000
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def why_not_writable(home: Path) -> str:
    """Return the system error that prevents writing to the folder; empty if there is none."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=home, prefix=".probe.") as probe:
            probe.write(b"x" * 4096)
    except OSError as problem:
        return problem.strerror or str(problem)
    return ""


def refuse_unusable(home: Path) -> None:
    """Check that the folder can be written to and has enough free space.

    Raises:
        Refusal: it cannot be written to, or the disk is full.
    """
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        free = shutil.disk_usage(home).free
    except OSError as problem:
        raise unusable(home, problem) from None
    if free < SMALLEST_FREE_SPACE:
        raise _full(home, free)
    problem_text = why_not_writable(home)
    if problem_text:
        raise _not_writable(home, problem_text)


def make_private(home: Path) -> None:
    """Keep everything in the folder from other users: what is there, and what is made from now on.

    Folders get mode 0700, files 0600. The umask is inherited by every process of the stack. A
    folder that holds more than the stack's data (a home folder, /tmp) is not changed as a whole;
    then only the umask protects.
    """
    os.umask(0o077)
    if home.resolve() in {Path.home().resolve(), Path("/"), Path(tempfile.gettempdir()).resolve()}:
        return
    tighten(home)
    for folder, folders, files in os.walk(home):
        for name in (*folders, *files):
            tighten(Path(folder, name))


def tighten(path: Path) -> None:
    """Take a path's rights from group and others; a link and another user's file stay."""
    with contextlib.suppress(OSError):
        found = path.lstat()
        is_ours = found.st_uid == os.geteuid() and not stat.S_ISLNK(found.st_mode)
        if is_ours and stat.S_IMODE(found.st_mode) & 0o077:
            path.chmod(stat.S_IMODE(found.st_mode) & 0o700)


def unusable(home: Path, problem: OSError) -> Refusal:
    """Return the refusal for an error that occurred while writing below the folder."""
    if problem.errno in _FULL:
        return _full(home, 0)
    return _not_writable(home, problem.strerror or str(problem))


def is_home_problem(home: Path, problem: OSError) -> bool:
    """Return whether an error concerns the folder: its disk, or a file below it.

    An error about a full or broken disk names no file. It is taken to concern the folder, because
    the stack writes no files elsewhere.
    """
    if problem.errno in {*_FULL, errno.EROFS, errno.EIO}:
        return True
    if problem.errno in {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN}:
        return False  # a limit of the system was reached, whichever file the error names
    names = (problem.filename, problem.filename2)
    return any(
        isinstance(name, str) and Path(os.path.abspath(name)).is_relative_to(home.absolute())
        for name in names
    )


@contextlib.contextmanager
def locked(home: Path) -> Iterator[None]:
    """Lock the folder for this stack until the block or the process ends.

    Raises:
        Refusal: another stack uses the folder.
    """
    # Append mode, because the file contains the process id of the stack that holds the lock.
    with (home / "up.lock").open("a+", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise Refusal(
                _(
                    "A stack already runs on %(home)s (process %(pid)s). Stop it with Ctrl-C, or "
                    "set QQCAMPAIGN_HOME to another folder to run a second one."
                )
                % {"home": home, "pid": lock.read().strip() or "?"},
                code="already_running",
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def _full(home: Path, free: int) -> Refusal:
    return Refusal(
        _(
            "The disk that holds %(home)s is full (%(free)d MB free, %(least)d MB are needed to "
            "start). Make room, or set QQCAMPAIGN_HOME to a folder on another disk."
        )
        % {"home": home, "free": free // 1_000_000, "least": SMALLEST_FREE_SPACE // 1_000_000},
        code="disk_full",
    )


def _not_writable(home: Path, problem: str) -> Refusal:
    return Refusal(
        _(
            "The folder %(home)s, where the data is kept, cannot be written to (%(problem)s). Make "
            "it writable for this user, or set QQCAMPAIGN_HOME to a folder that is."
        )
        % {"home": home, "problem": problem},
        code="home_not_writable",
    )
