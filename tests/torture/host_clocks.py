"""Wall clocks of simulated hosts that can be wrong, or set while processes run, by a preload."""

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
    """Return why clocks cannot be set on this machine; empty if they can."""
    missing = "no C compiler here: apt-get install gcc libc6-dev"
    if not shutil.which("cc"):
        return missing
    tried = subprocess.run(["cc", "-fsyntax-only", str(SOURCE)], capture_output=True, timeout=60)
    return missing if tried.returncode else ""


class HostClocks:
    """Compiles the preloaded library and makes hosts' clocks.

    Args:
        folder: holds the library and the clocks; it is made readable for every user.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for path in (folder, *folder.parents):
            if path.stat().st_uid == os.getuid() and path.stat().st_mode & 0o777 == 0o700:
                path.chmod(0o711)  # PostgreSQL runs as another user where we are root
        self.library = folder / "clock_step.so"
        command = ["cc", "-shared", "-fPIC", "-O2", "-o", str(self.library), str(SOURCE)]
        subprocess.run(command, check=True, capture_output=True, timeout=60)

    def host(self, name: str, *, ahead: float = 0.0) -> HostClock:
        """Return a host's clock, so many seconds ahead of the true time (negative: behind)."""
        clock = HostClock(self.folder / f"{name}.clock", self.library)
        clock.set(ahead)
        return clock


class HostClock:
    """The wall clock of one simulated host: of all processes with its environment variables."""

    def __init__(self, file: Path, library: Path) -> None:
        self._file = file
        self.ahead = 0.0
        self.env = {"LD_PRELOAD": str(library), "CLOCK_STEP_FILE": str(file)}

    def set(self, ahead: float) -> None:
        """Set the clock, so many seconds ahead of the true time."""
        self.ahead = ahead
        value = round(ahead * NANOSECONDS).to_bytes(8, "little", signed=True)
        if not self._file.exists():
            self._file.write_bytes(value)
            self._file.chmod(0o644)
            return
        with self._file.open("r+b", buffering=0) as file:
            file.write(value)  # in place: running processes have mapped the file

    @contextmanager
    def set_in_environment(self) -> Iterator[None]:
        """Put its variables into this process's environment, for the processes that it starts."""
        before = {name: os.environ.get(name) for name in self.env}
        os.environ.update(self.env)
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value
