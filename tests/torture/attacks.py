"""What an attacker tries, on each database: hostile files, requests, forms and roles.

`make torture ATTACKS=1` runs only this; `--minutes N` is the time of each fuzzer.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence

DATABASES = ("sqlite", "postgresql")
#: Every address with every role, every address as one of two tenants, every form, every operation
#: of the API as its document says, changes without an audit entry, and slow connections.
TESTS = (
    "tests/users",
    "tests/restrictions",
    "tests/console/test_hostile_forms.py",
    "tests/console/test_given_values.py",
    "tests/console/test_slow_connections.py",
    "tests/audit/test_nothing_without_entry.py",
    "tests/api/test_document.py",
)
#: Requests of schemathesis for each operation, and its part of a fuzzer's time for each role.
API_EXAMPLES, API_PART = 20, 0.25


def main(arguments: Sequence[str]) -> int:
    """Attack; return 1 if anything was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", action="append", choices=DATABASES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=10.0)
    given = parser.parse_args(arguments)
    found = attack(given.database or DATABASES, seed=given.seed, minutes=given.minutes)
    for one in found:
        print("FAULT", one)
    return 1 if found else 0


def attack(databases: Sequence[str], *, seed: int, minutes: float) -> list[str]:
    """Run everything, one after the other; return what failed.

    Args:
        databases: `sqlite`, `postgresql` or both.
        seed: of the random requests.
        minutes: the time of each fuzzer.
    """
    seconds = str(60 * minutes)
    found = []
    if not _runs("hostile files", "tests.tabular.fuzz"):
        found.append("a file made the reader fail: see above")
    for database in databases:
        fuzz = ("tests.fuzzing.run", "--database", database, "--seed", str(seed))
        if not _runs(f"hostile requests, {database}", *fuzz, "--seconds", seconds):
            found.append(f"hostile requests on {database}: see above")
        tests = ("tests.run", "--database", database, "--all", *TESTS)
        api_seconds = str(max(1, round(60 * minutes * API_PART)))
        limits = {"API_EXAMPLES": str(API_EXAMPLES), "API_SECONDS": api_seconds}
        if not _runs(f"roles, forms and the API, {database}", *tests, **limits):
            found.append(f"roles, forms or the API on {database}: see above")
    return found


def _runs(what: str, *module: str, **environment: str) -> bool:
    print(f"=== {what}", flush=True)
    command = [sys.executable, "-m", *module]
    return not subprocess.run(command, env={**os.environ, **environment}, check=False).returncode
