"""The real stack, as an operator runs it: `manage.py up` in a home of its own."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
#: Seconds; the machine may be busy with other tests.
START_PATIENCE = STOP_PATIENCE = 120.0


class RunningStack:
    """A running `manage.py up`: start it, stop it, kill its parts, read its output.

    Args:
        home: its QQCAMPAIGN_HOME.
        env: further environment variables; only PATH and HOME are inherited.
        arguments: for `manage.py up`, after `--port 0`.
        root: the folder of the code.
    """

    def __init__(
        self,
        home: Path,
        *,
        env: Mapping[str, str] | None = None,
        arguments: tuple[str, ...] = (),
        root: Path = ROOT,
    ) -> None:
        self.home = home
        self._root = root
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(home.parent),
            "QQCAMPAIGN_HOME": str(home),
            **(env or {}),
        }
        self._arguments = arguments
        self._output = home.parent / f"{home.name}.out"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> RunningStack:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end_at_once()

    # --- the supervisor ------------------------------------------------------------------------

    def start(self) -> None:
        """Start it and wait until it says that it is up."""
        self.launch()
        self.wait_until(
            lambda: "Ctrl-C" in self.output or self.process.poll() is not None,
            what="the start of the stack",
            seconds=START_PATIENCE,
        )
        assert self.process.poll() is None, f"it ended:\n{self.output}\n{self.logs()}"

    def launch(self) -> None:
        """Start it without waiting."""
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", "up", "--port", "0", *self._arguments],
                cwd=self._root,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Press Ctrl-C (or send another signal) and wait; return the exit status."""
        self.process.send_signal(number)
        return self.process.wait(STOP_PATIENCE)

    def end_at_once(self) -> None:
        """Kill the supervisor; the kernel ends the rest."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The supervisor's process."""
        assert self._process is not None, "not started"
        return self._process

    @property
    def output(self) -> str:
        """What it said on the terminal."""
        return self._output.read_text(encoding="utf-8") if self._output.exists() else ""

    # --- its parts -----------------------------------------------------------------------------

    @property
    def facts(self) -> dict[str, Any]:
        """The contents of stack.json: supervisor, url, gateway, processes."""
        facts: dict[str, Any] = json.loads((self.home / "stack.json").read_text(encoding="utf-8"))
        return facts

    @property
    def url(self) -> str:
        """The console's address."""
        return str(self.facts["url"])

    @property
    def gateway_url(self) -> str:
        """The gateway's address."""
        return str(self.facts["gateway"])

    @property
    def login(self) -> tuple[str, str]:
        """Name and password of the first operator."""
        name, password = (self.home / "operator_login").read_text(encoding="utf-8").split()
        return name, password

    @property
    def pids(self) -> dict[str, int]:
        """The processes by name: redis, worker, jobs, beat, web, simulator."""
        return dict(self.facts["processes"])

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal to one of the processes; return its pid."""
        pid = self.pids[name]
        os.kill(pid, number)
        return pid

    def manage(
        self, *arguments: str, timeout: float = 60, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a command line of manage.py beside the stack, in its environment."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=self._root,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if check:
            assert done.returncode == 0, f"{arguments}: {done.stdout}\n{done.stderr}"
        return done

    def logs(self) -> str:
        """Return the end of every log, for a failure's message."""
        return "\n".join(
            f"--- {log.name}\n{log.read_text('utf-8', 'replace')[-3000:]}"
            for log in sorted((self.home / "logs").glob("*.log"))
        )

    def wait_until(
        self, condition: Callable[[], bool], *, what: str, seconds: float = 30.0
    ) -> None:
        """Wait until a condition holds; else fail with the output and the logs."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, (
                f"{what}: not within {seconds:g} s.\n{self.output}\n{self.logs()}"
            )
            time.sleep(0.05)


def processes_of(home: Path) -> dict[int, str]:
    """Return every living process whose environment or command line names this home.

    The calling process is left out, although its command line may name the home. Zombies are left
    out too: they have ended, and only their parent has not read their status yet.
    """
    needle, found = os.fsencode(home), {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            state = re.sub(r"^.*\) ", "", (entry / "stat").read_text())[0]
            command = (entry / "cmdline").read_bytes()
            names_it = needle in (entry / "environ").read_bytes() or needle in command
            if names_it and state not in "ZX":
                found[int(entry.name)] = command.replace(b"\0", b" ").decode("utf-8", "replace")
    return found
