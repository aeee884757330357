"""Somebody who knows the documents and nothing else: a folder, an environment, a command line.

Whatever is said on a terminal or written to a log is searched for tracebacks and for secrets when
the stranger leaves.
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
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path
from typing import Any

#: The checkout that is judged; OUTSIDE_ROOT names another one.
ROOT = Path(os.environ.get("OUTSIDE_ROOT") or Path(__file__).resolve().parent.parent.parent)
SEVEN = ("pending", "sending", "sent", "failed", "skipped", "cancelled", "unknown")
STATUS_KEYS = {"state", "targeted", *SEVEN, "res", "rate_per_second", "eta"}
REPORT_COLUMNS = [
    *("uin", "account", "state", "reason", "attempts", "last_res", "seq", "sent_at", "text")
]


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a command came to."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output: one line of JSON, and nothing else."""
        assert self.out.endswith("\n"), self
        assert self.out.count("\n") == 1, self
        return json.loads(self.out)


class Operator:
    """A person with a terminal.

    Args:
        folder: where everything of theirs is: home, files, output.
        env: what their environment names besides PATH, HOME and QQCAMPAIGN_HOME.
        root: the checkout they work in.
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
        self._said: list[str] = []
        self._secrets: set[str] = set()
        #: Whether its logs may hold tracebacks: somebody killed what its processes talk to.
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
        """Save a file; return where it is."""
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    def accounts_file(
        self, accounts: Mapping[int, str], *, columns: Mapping[str, object] | None = None
    ) -> Path:
        """Save a file of accounts: uin, password and what else every one of them gets."""
        more = columns or {}
        passwords = set(accounts.values())
        self._secrets |= passwords | {md5(word.encode()).hexdigest() for word in passwords}
        rows = [["uin", "password", *more]]
        rows += [[str(u), p, *map(str, more.values())] for u, p in accounts.items()]
        return self.write("accounts.csv", table(rows))

    # --- the command line ----------------------------------------------------------------------

    def manage(self, *arguments: object, timeout: float = 120, **env: str) -> CommandResult:
        """Type a command of manage.py."""
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
        self._said.append(f"$ manage.py {arguments}\n{result.out}{result.err}")
        return result

    def ok(self, *arguments: object, timeout: float = 120) -> Any:
        """Type a command with --json that is to succeed; return its answer."""
        result = self.manage(*arguments, "--json", timeout=timeout)
        assert result.status == 0, (arguments, result)
        assert result.err == "", result
        return result.json

    def refused(self, *arguments: object, status: int = 1, **env: str) -> str:
        """Type a command that is to be refused; return the sentence on standard error."""
        result = self.manage(*arguments, timeout=120, **env)
        assert result.status == status, (arguments, result)
        assert result.out == "", result
        assert result.err.strip(), result
        assert "Traceback" not in result.err, result
        return result.err

    def status(self, name: str) -> dict[str, Any]:
        """`campaign status --json`: its keys are there and its sums are right."""
        figures: dict[str, Any] = self.ok("campaign", "status", name)
        assert figures.keys() >= STATUS_KEYS, figures
        assert figures["targeted"] == sum(figures[key] for key in SEVEN), figures
        return figures

    def wait(self, name: str, *, seconds: float = 120) -> dict[str, Any]:
        """`campaign wait --json` until the run has finished."""
        result = self.manage(
            "campaign", "wait", name, "--timeout", seconds, "--json", timeout=seconds + 60
        )
        assert result.status == 0, (result, self.logs())
        assert result.json.keys() >= STATUS_KEYS
        return self.status(name)

    def report(self, name: str) -> list[dict[str, str]]:
        """`campaign report --format csv`: its rows."""
        file = self.folder / "report.csv"
        self.ok("campaign", "report", name, "--format", "csv", "--out", file)
        content = file.read_bytes().decode()
        rows = list(csv.reader(io.StringIO(content, newline="")))
        assert rows[0] == REPORT_COLUMNS
        return [dict(zip(REPORT_COLUMNS, row, strict=True)) for row in rows[1:]]

    # --- the stack -----------------------------------------------------------------------------

    def up(self, *arguments: str, seconds: float = 120) -> None:
        """`manage.py up --port 0`, until it says that it is up."""
        process = self.launch(*arguments)
        self.wait_until(
            lambda: "qqcampaign is up" in self.output or process.poll() is not None,
            seconds=seconds,
        )
        assert process.poll() is None, (self.output, self.logs())

    def launch(self, *arguments: str, **env: str) -> subprocess.Popen[bytes]:
        """The same without waiting."""
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
        """What the newest `up` said."""
        return (self.folder / f"up{len(self._ups) - 1}.out").read_text("utf-8")

    def pid(self, part: str) -> int:
        """The process id of a part of the stack, as stack.json gives it."""
        facts = json.loads((self.home / "stack.json").read_text("utf-8"))
        return int(facts["supervisor"] if part == "supervisor" else facts["processes"][part])

    def kill(self, part: str) -> int:
        """kill -9 of one part."""
        pid = self.pid(part)
        os.kill(pid, signal.SIGKILL)
        return pid

    def end(self) -> int:
        """Ctrl-C; return the exit status."""
        self._ups[-1].send_signal(signal.SIGINT)
        return self._ups[-1].wait(60)

    def kill_everything(self) -> None:
        """kill -9 of the supervisor; its processes are to end by themselves."""
        self._ups[-1].kill()
        self._ups[-1].wait()

    # --- looking -------------------------------------------------------------------------------

    def wait_until(self, is_so: Callable[[], bool], *, seconds: float = 60) -> None:
        """Look again and again until something is so."""
        deadline = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < deadline, (f"not within {seconds} s", self.logs())
            time.sleep(0.05)

    def logs(self) -> str:
        """The end of every log."""
        found = sorted((self.home / "logs").glob("*.log*"))
        return "\n".join(f"--- {log.name}\n{log.read_text('utf-8')[-2500:]}" for log in found)

    def check_for_leaks(self) -> None:
        """Nothing that was said or logged is a traceback or a secret."""
        texts = {f"command {n}": result for n, result in enumerate(self._said)}
        for file in [*self.folder.glob("up*.out"), *(self.home / "logs").glob("*")]:
            with contextlib.suppress(OSError):
                texts[file.name] = file.read_text("utf-8", "replace")
        for name, text in texts.items():
            found = re.search(r"^Traceback .*(?:\n.*){0,40}", text, re.MULTILINE)
            is_mourning = self.tolerates_tracebacks and name.endswith(".log")
            assert not found or is_mourning, f"{name}: {found and found[0]}"
            for secret in self._secrets:
                assert secret not in text, f"{name} holds a password"
        self._check_stored_files()

    def _check_stored_files(self) -> None:
        """No file of the home holds a password, nor its MD5, which is as good as one."""
        for file in self.home.rglob("*"):
            if file.is_file():
                content = file.read_bytes()
                for secret in self._secrets:
                    assert secret.encode() not in content, f"{file.name} holds a password"


def table(rows: Sequence[Sequence[object]], *, delimiter: str = ",") -> str:
    """Rows as CSV."""
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter).writerows(rows)
    return file.getvalue()
