"""One process of the stack: starts it, stops it and rotates its log file."""

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

#: Size above which a log file is rotated, bytes. One older file is kept.
LOG_LIMIT = 5_000_000


@dataclass(frozen=True)
class ProcessSpec:
    """Describes a process of the stack.

    Args:
        name: the name shown to operators, and the name of its log file.
        argv: the absolute path of the program, and its arguments.
        environment: variables added to our own environment.
        grace: seconds between SIGTERM and SIGKILL.
        stop_rank: processes with the lowest rank are stopped first, all at once.
        inherits: open file descriptors that it inherits.
        needs: folders that are created before each start, in case the home was emptied.
    """

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    grace: float = 5.0
    stop_rank: int = 0
    inherits: tuple[int, ...] = ()
    needs: tuple[Path, ...] = ()


class Child:
    """A process of the stack: not started yet, running, or ended."""

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
        """Start the process in a new session, with its output in its log file.

        In a new session, Ctrl-C in the terminal reaches only the supervisor, and the process can be
        killed together with its own children. Must be called from the main thread, because
        PR_SET_PDEATHSIG refers to the death of the thread that started the process.
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
        """Return the exit status, negative for a signal; None while the process runs."""
        if self._process is None:
            return None
        status = self._process.poll()
        if status is not None:
            self._signal(signal.SIGKILL)  # its remaining children
        return status

    def wake(self) -> None:
        """Continue a process that is stopped by SIGSTOP."""
        if self._process is not None and self._process.returncode is None:
            self._signal(signal.SIGCONT)

    def terminate(self) -> None:
        """Send SIGTERM, and SIGCONT in case the process is stopped."""
        if self._process is not None and self._process.returncode is None:
            self._signal(signal.SIGTERM, group=False)
            self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """Kill the process and its children."""
        if self._process is not None:
            self._signal(signal.SIGKILL)
            self._process.wait()

    def rotate_log(self) -> None:
        """Rotate the log file if it is too large. The process keeps writing to the same file."""
        with contextlib.suppress(OSError):
            if self.log.stat().st_size > LOG_LIMIT:
                shutil.copyfile(self.log, self.log.with_suffix(".log.1"))
                # The process appends (O_APPEND), so its next line becomes the first of the file.
                os.truncate(self.log, 0)

    def last_log_line(self) -> str:
        """Return the last line of the log file that is not blank; empty if there is none."""
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
