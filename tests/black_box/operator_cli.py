"""An operator who works with the documented command line: a folder and an environment.

At the end, all output and logs are searched for tracebacks and for secrets.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from hashlib import md5
from pathlib import Path
from typing import Any

from tests.commandline import CommandResult

#: The checkout under test; BLACK_BOX_ROOT names another one.
ROOT = Path(os.environ.get("BLACK_BOX_ROOT") or Path(__file__).resolve().parent.parent.parent)
DELIVERY_STATES = ("pending", "sending", "sent", "failed", "skipped", "cancelled", "unknown")
STATUS_KEYS = {"state", "targeted", *DELIVERY_STATES, "res", "rate_per_second", "eta"}
REPORT_COLUMNS = [
    *("uin", "account", "state", "reason", "attempts", "last_res", "seq", "sent_at", "text"),
    *("variant", "replied_at", "run"),
]


class Operator:
    """An operator with a terminal. Use it as a context manager.

    Args:
        folder: holds the home, the files and the output.
        env: the environment variables besides PATH, HOME and QQCAMPAIGN_HOME.
        root: the checkout.
    """

    def __init__(
        self, folder: Path, *, env: Mapping[str, str] | None = None, root: Path = ROOT
    ) -> None:
        self.folder, self.root = folder, root
        self.home = folder / "data"
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "QQCAMPAIGN_HOME": str(self.home),
            **(env or {}),
        }
        self.python = str(root / ".venv/bin/python")
        self._ups: list[subprocess.Popen[bytes]] = []
        self._outputs: list[str] = []
        self._secrets: set[str] = set()
        #: Whether the logs may hold tracebacks: a test killed a server that the processes use.
        self.tolerates_tracebacks = False
        folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Operator:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        for process in self._ups:
            process.kill()
            process.wait()
        if kind is None:
            self.check_for_leaks()

    # --- files ---------------------------------------------------------------------------------

    def write(self, name: str, content: str | bytes, *, encoding: str = "utf-8") -> Path:
        """Save a file in the folder; return its path."""
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    def accounts_file(
        self, accounts: Mapping[int, str], *, columns: Mapping[str, object] | None = None
    ) -> Path:
        """Save a CSV file of accounts: uin, password and columns with one value for all."""
        more = columns or {}
        passwords = set(accounts.values())
        self._secrets |= passwords | {md5(word.encode()).hexdigest() for word in passwords}
        rows = [["uin", "password", *more]]
        rows += [[str(u), p, *map(str, more.values())] for u, p in accounts.items()]
        return self.write("accounts.csv", table(rows))

    # --- the command line ----------------------------------------------------------------------

    def manage(self, *arguments: object, timeout: float = 120, **env: str) -> CommandResult:
        """Run a manage.py command; return its result."""
        done = subprocess.run(
            [self.python, "manage.py", *map(str, arguments)],
            cwd=self.root,
            env={**self.env, **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
        result = CommandResult(done.returncode, done.stdout.decode(), done.stderr.decode())
        self._outputs.append(f"$ manage.py {arguments}\n{result.out}{result.err}")
        return result

    def ok(self, *arguments: object, timeout: float = 120) -> Any:
        """Run a command with --json that must succeed; return its answer."""
        result = self.manage(*arguments, "--json", timeout=timeout)
        assert result.status == 0, (arguments, result)
        assert result.err == "", result
        return result.json

    def refused(self, *arguments: object, status: int = 1, **env: str) -> str:
        """Run a command that must be refused; return the sentence on standard error."""
        result = self.manage(*arguments, timeout=120, **env)
        assert result.status == status, (arguments, result)
        assert result.out == "", result
        assert result.err.strip(), result
        assert "Traceback" not in result.err, result
        return result.err

    def status(self, name: str) -> dict[str, Any]:
        """Return `campaign status --json`; check its keys and its sum."""
        figures: dict[str, Any] = self.ok("campaign", "status", name)
        assert figures.keys() >= STATUS_KEYS, figures
        assert figures["targeted"] == sum(figures[key] for key in DELIVERY_STATES), figures
        return figures

    def wait(self, name: str, *, seconds: float = 120) -> dict[str, Any]:
        """Run `campaign wait --json` until the run has finished; return its status."""
        result = self.manage(
            "campaign", "wait", name, "--timeout", seconds, "--json", timeout=seconds + 60
        )
        assert result.status == 0, (result, self.logs())
        assert result.json.keys() >= STATUS_KEYS
        return self.status(name)

    def report(self, name: str) -> list[dict[str, str]]:
        """Return the rows of `campaign report --format csv`."""
        file = self.folder / "report.csv"
        self.ok("campaign", "report", name, "--format", "csv", "--out", file)
        content = file.read_bytes().decode()
        rows = list(csv.reader(io.StringIO(content, newline="")))
        assert rows[0] == REPORT_COLUMNS
        return [dict(zip(REPORT_COLUMNS, row, strict=True)) for row in rows[1:]]

    # --- the stack -----------------------------------------------------------------------------

    def up(self, *arguments: str, seconds: float = 300) -> None:
        """Run `manage.py up --port 0` and wait until it reports that the stack is up."""
        process = self.launch(*arguments)
        self.wait_until(
            lambda: "qqcampaign is up" in self.output or process.poll() is not None,
            seconds=seconds,
        )
        assert process.poll() is None, (self.output, self.logs())

    def launch(self, *arguments: str, **env: str) -> subprocess.Popen[bytes]:
        """Run `manage.py up --port 0` without waiting; return its process."""
        with (self.folder / f"up{len(self._ups)}.out").open("wb") as output:
            process = subprocess.Popen(
                [self.python, "manage.py", "up", "--port", "0", *arguments],
                cwd=self.root,
                env={**self.env, **env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._ups.append(process)
        return process

    @property
    def output(self) -> str:
        """The output of the newest `up`."""
        return (self.folder / f"up{len(self._ups) - 1}.out").read_text("utf-8")

    def pid(self, part: str) -> int:
        """Return the process id of a part of the stack, from stack.json."""
        facts = json.loads((self.home / "stack.json").read_text("utf-8"))
        return int(facts["supervisor"] if part == "supervisor" else facts["processes"][part])

    def kill(self, part: str) -> int:
        """Kill one part with SIGKILL; return its process id."""
        pid = self.pid(part)
        os.kill(pid, signal.SIGKILL)
        return pid

    def end(self) -> int:
        """Press Ctrl-C and wait; return the exit status."""
        self._ups[-1].send_signal(signal.SIGINT)
        return self._ups[-1].wait(60)

    def kill_everything(self) -> None:
        """Kill the supervisor with SIGKILL; its processes must end by themselves."""
        self._ups[-1].kill()
        self._ups[-1].wait()

    # --- waiting and checking ------------------------------------------------------------------

    def wait_until(self, is_so: Callable[[], bool], *, seconds: float = 60) -> None:
        """Wait until a condition holds; fail after so many seconds."""
        deadline = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < deadline, (f"not within {seconds} s", self.logs())
            time.sleep(0.05)

    def logs(self) -> str:
        """Return the end of every log."""
        found = sorted((self.home / "logs").glob("*.log*"))
        return "\n".join(f"--- {log.name}\n{log.read_text('utf-8')[-2500:]}" for log in found)

    def check_for_leaks(self) -> None:
        """Fail if any output or log holds a traceback or a secret."""
        texts = {f"command {n}": result for n, result in enumerate(self._outputs)}
        for file in [*self.folder.glob("up*.out"), *(self.home / "logs").glob("*")]:
            with contextlib.suppress(OSError):
                texts[file.name] = file.read_text("utf-8", "replace")
        for name, text in texts.items():
            found = re.search(r"^Traceback .*(?:\n.*){0,40}", text, re.MULTILINE)
            may_have_traceback = self.tolerates_tracebacks and name.endswith(".log")
            assert not found or may_have_traceback, f"{name}: {found and found[0]}"
            for secret in self._secrets:
                assert secret not in text, f"{name} holds a password"
        self._check_stored_files()

    def _check_stored_files(self) -> None:
        """Fail if a file of the home holds a password or its MD5, which allows a login too."""
        for file in self.home.rglob("*"):
            if file.is_file():
                content = file.read_bytes()
                for secret in self._secrets:
                    assert secret.encode() not in content, f"{file.name} holds a password"


def table(rows: Sequence[Sequence[object]], *, delimiter: str = ",") -> str:
    """Return rows as CSV."""
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter).writerows(rows)
    return file.getvalue()
