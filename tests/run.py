"""`make test`: run the suite on SQLite, then the tests that depend on the database on PostgreSQL.

With `--all`, also the tests marked exhaustive, and on PostgreSQL every test that uses the database.
`--database sqlite` or `--database postgresql` does only one of the two; all other arguments are
pytest's. The last line printed counts all runs; the exit status is 0 when nothing failed in any.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from tests.servers import running_postgresql

NOTHING_COLLECTED = 5
#: Two tests at once for each core: they start and kill real servers, and wait half of the time.
#: Exhaustive ones wait less, and whole stacks beside each other take longer than tests are patient.
AT_ONCE = max(3, 2 * (os.cpu_count() or 1))
AT_ONCE_OF_ALL = max(3, os.cpu_count() or 1)
#: More failures than this are no coincidence, and not repeated.
MOST_REPEATED = 12


@dataclass(frozen=True)
class Outcome:
    """The numbers and the exit status of one run of pytest."""

    passed: int
    failed: int
    skipped: int
    status: int


def main() -> None:
    """Run the suite on each database, print the sum, exit."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--database", choices=("sqlite", "postgresql"))
    given, arguments = parser.parse_known_args()
    outcomes = []
    with running_postgresql() as server:
        environment = {**os.environ, "TEST_POSTGRESQL_URL": server}
        if given.database != "postgresql":
            print("=== on SQLite", flush=True)
            outcomes.append(_run(arguments, {**environment, "DATABASE_URL": ""}))
        if given.database != "sqlite":
            print("=== on PostgreSQL", flush=True)
            on_postgresql = {**environment, "DATABASE_URL": server}
            outcomes.append(_run(["--only-database", *arguments], on_postgresql))
    passed = sum(outcome.passed for outcome in outcomes)
    failed = sum(outcome.failed for outcome in outcomes)
    skipped = sum(outcome.skipped for outcome in outcomes)
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    sys.exit(1 if failed or any(outcome.status for outcome in outcomes) else 0)


def _run(arguments: list[str], environment: dict[str, str]) -> Outcome:
    """Run the suite, then the failed tests once more, one at a time; name those that then pass.

    A test that fails only beside others depends on the load and should be looked at.
    """
    with tempfile.TemporaryDirectory() as folder:
        cache = ["-o", f"cache_dir={folder}/cache"]
        at_once = AT_ONCE_OF_ALL if "--all" in arguments else AT_ONCE
        # One test at a time to each process: the long ones come first, and are shared out evenly.
        shared_out = ["-n", str(at_once), "--maxschedchunk=1"]
        outcome = _pytest([*shared_out, *cache, *arguments], environment, Path(folder) / "all.xml")
        if not 0 < outcome.failed <= MOST_REPEATED:
            return outcome
        print(f"=== {outcome.failed} failed; once more, alone", flush=True)
        again = _pytest(
            ["--last-failed", "-n", "0", *cache, *arguments],
            environment,
            Path(folder) / "again.xml",
        )
        if again.failed == 0 and again.passed >= outcome.failed:
            print(f"=== {again.passed} failed in company and passed alone: see above", flush=True)
            return Outcome(outcome.passed + again.passed, 0, outcome.skipped, status=0)
        return outcome


def _pytest(arguments: list[str], environment: dict[str, str], report: Path) -> Outcome:
    command = [sys.executable, "-m", "pytest", "-q", f"--junit-xml={report}", *arguments]
    status = subprocess.run(command, env=environment, check=False).returncode
    if not report.exists():
        return Outcome(passed=0, failed=1, skipped=0, status=status)
    suite = ElementTree.parse(report).getroot()[0]
    total, skipped = int(suite.get("tests", 0)), int(suite.get("skipped", 0))
    failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
    return Outcome(
        passed=total - failed - skipped,
        failed=failed,
        skipped=skipped,
        status=0 if status == NOTHING_COLLECTED else status,
    )


if __name__ == "__main__":
    main()
