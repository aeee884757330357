"""Hosts whose wall clock is wrong, or is set while they run: by a preload of our own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SOURCE = Path(__file__).with_name("clock_step.c")
NANOSECONDS = 1_000_000_000


def why_unavailable() -> str:
    """Return why clocks cannot be set here; empty when they can be."""
    missing = "no C compiler here: apt-get install gcc libc6-dev"
    if not shutil.which("cc"):
        return missing
    tried = subprocess.run(["cc", "-fsyntax-only", str(SOURCE)], capture_output=True, timeout=60)
    return missing if tried.returncode else ""


class HostClocks:
    """Makes hosts' clocks.

    Args:
        folder: for the library and the clocks; every user can look into it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for place in (folder, *folder.parents):
            if place.stat().st_uid == os.getuid() and place.stat().st_mode & 0o777 == 0o700:
                place.chmod(0o711)  # PostgreSQL runs as another user where we are root
        self.library = folder / "clock_step.so"
        command = ["cc", "-shared", "-fPIC", "-O2", "-o", str(self.library), str(SOURCE)]
        subprocess.run(command, check=True, capture_output=True, timeout=60)

    def host(self, name: str, *, ahead: float = 0.0) -> HostClock:
        """Return a host's clock, so many seconds ahead of the truth (below zero: behind)."""
        clock = HostClock(self.folder / f"{name}.clock", self.library)
        clock.set(ahead)
        return clock


class HostClock:
    """The wall clock of one pretended host: of all processes that have its environment."""

    def __init__(self, file: Path, library: Path) -> None:
        self._file = file
        self.ahead = 0.0
        self.env = {"LD_PRELOAD": str(library), "CLOCK_STEP_FILE": str(file)}

    def set(self, ahead: float) -> None:
        """Set the clock, so many seconds ahead of the truth."""
        self.ahead = ahead
        value = round(ahead * NANOSECONDS).to_bytes(8, "little", signed=True)
        if not self._file.exists():
            self._file.write_bytes(value)
            self._file.chmod(0o644)
            return
        with self._file.open("r+b", buffering=0) as file:
            file.write(value)  # in place, at once: running processes have it mapped

    @contextmanager
    def set_in_environment(self) -> Iterator[None]:
        """Give its environment to what this process starts meanwhile."""
        before = {name: os.environ.get(name) for name in self.env}
        os.environ.update(self.env)
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value
