"""A handle on the process that runs `django_commands`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.running_stack import ROOT

PROGRAM = "import django; django.setup(); from tests.torture.django_commands import main; main()"


class DjangoProcess:
    """A process with Django beside a stack, started by the first call.

    Args:
        folder: holds its log.
        env: the stack's environment.
        name: of its log.
    """

    def __init__(self, folder: Path, *, env: Mapping[str, str], name: str = "django") -> None:
        self._log = folder / f"{name}.log"
        self._env = env
        self._process: subprocess.Popen[str] | None = None

    def call(self, command: str, /, **arguments: Any) -> Any:
        """Run a command of `django_commands`; return its answer."""
        if self._process is None:
            names = {"DJANGO_SETTINGS_MODULE": "qqcampaign.settings", "QQCAMPAIGN_FAILPOINTS": ""}
            with self._log.open("w") as log:
                self._process = subprocess.Popen(
                    [sys.executable, "-c", PROGRAM], cwd=ROOT, env={**self._env, **names},
                    text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                )  # fmt: skip
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([command, arguments]), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        assert line, self._log.read_text()
        return json.loads(line)

    def end(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
