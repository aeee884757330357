"""One process of the stack: how it is started, told to end and made to end; its log file."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from qqcampaign.stack import launcher

#: A log file above this many bytes is put aside (one older file is kept).
LOG_LIMIT = 5_000_000


@dataclass(frozen=True)
class ProcessSpec:
    """What a process of the stack is.

    Args:
        name: how operators know it; also the name of its log file.
        argv: the program, by its absolute path, and its arguments.
        environment: what it gets on top of our own environment.
        grace: seconds it may take to end after SIGTERM, before it is killed.
        stop_rank: processes of the lowest rank are stopped first, together.
        inherits: open file descriptors it takes over.
        needs: folders that are made before each start: somebody may have emptied the home.
    """

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    grace: float = 5.0
    stop_rank: int = 0
    inherits: tuple[int, ...] = ()
    needs: tuple[Path, ...] = ()


class Child:
    """A running, ended or not yet started process of the stack."""

    def __init__(self, spec: ProcessSpec, *, logs: Path) -> None:
        self.spec = spec
        self.log = logs / f"{spec.name}.log"
        self.started_at = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the latest start."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the process in a session of its own, its output going to its log file.

        A session of its own: Ctrl-C in the terminal reaches the supervisor alone, and whatever the
        process starts itself can be ended with it. Must be called from the main thread, whose
        death is what PR_SET_PDEATHSIG means by the parent's.
        """
        command = [sys.executable, "-I", "-S", launcher.__file__, str(os.getpid()), *self.spec.argv]
        self.started_at = time.monotonic()
        for folder in (self.log.parent, *self.spec.needs):
            folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.spec.environment},
                start_new_session=True,
                pass_fds=self.spec.inherits,
            )

    def ended(self) -> int | None:
        """Return the exit status once the process has ended (negative: by that signal)."""
        if self._process is None:
            return None
        status = self._process.poll()
        if status is not None:
            self._signal(signal.SIGKILL)  # what it started and left behind
        return status

    def wake(self) -> None:
        """Let a process that is stopped (SIGSTOP) go on."""
        if self._process is not None and self._process.returncode is None:
            self._signal(signal.SIGCONT)

    def terminate(self) -> None:
        """Ask the process to end, even one that is stopped."""
        if self._process is not None and self._process.returncode is None:
            self._signal(signal.SIGTERM, group=False)
            self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End the process and everything it started, at once."""
        if self._process is not None:
            self._signal(signal.SIGKILL)
            self._process.wait()

    def rotate_log(self) -> None:
        """Put a log file aside that has grown too large; the process goes on writing to it."""
        with contextlib.suppress(OSError):
            if self.log.stat().st_size > LOG_LIMIT:
                shutil.copyfile(self.log, self.log.with_suffix(".log.1"))
                # The process appends (O_APPEND), so that its next line is the file's first.
                os.truncate(self.log, 0)

    def last_log_line(self) -> str:
        """Return the last line of the log file, for the operator; empty if there is none."""
        with contextlib.suppress(OSError), self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 4096))
            lines = log.read().decode("utf-8", "replace").split("\n")
            return next((line.strip() for line in reversed(lines) if line.strip()), "")
        return ""

    def _signal(self, number: signal.Signals, *, group: bool = True) -> None:
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if group:
                os.killpg(self._process.pid, number)
            else:
                self._process.send_signal(number)
