"""Runs a manage.py command in a test: its exit status and its output."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any

from django.core.management import call_command


@dataclass(frozen=True, slots=True)
class CommandResult:
    """The exit status and output of a command."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which must be a single line of JSON."""
        assert self.out.endswith("\n"), self
        assert self.out.count("\n") == 1, self
        return json.loads(self.out)


def manage(*arguments: object) -> CommandResult:
    """Run a command of manage.py in this process, on the test's database; return its result."""
    out, err, status = io.StringIO(), io.StringIO(), 0
    try:
        call_command(*map(str, arguments), stdout=out, stderr=err)
    except SystemExit as end:
        status = int(end.code or 0)
    return CommandResult(status, out.getvalue(), err.getvalue())
