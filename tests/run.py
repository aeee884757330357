"""`make test`: the whole suite on SQLite, then whatever touches the database on PostgreSQL.

Arguments are pytest's. The last line printed counts both runs; the exit status is 0 when nothing
failed in either.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from tests.servers import running_postgresql

NOTHING_COLLECTED = 5
#: One test at a time to each process: the long ones come first, and are shared out evenly.
IN_PARALLEL = ("-n", "3", "--maxschedchunk=1")
#: More failures than this are no coincidence, and not repeated.
MOST_REPEATED = 12


@dataclass(frozen=True)
class Outcome:
    """What one run of pytest came to."""

    passed: int
    failed: int
    skipped: int
    status: int


def main() -> None:
    """Run both, print the sum."""
    with running_postgresql() as server:
        environment = {**os.environ, "TEST_POSTGRESQL_URL": server}
        on_sqlite = {**environment, "DATABASE_URL": ""}
        on_postgresql = {**environment, "DATABASE_URL": server}
        print("=== on SQLite", flush=True)
        outcomes = [_run(sys.argv[1:], on_sqlite)]
        print("=== on PostgreSQL", flush=True)
        outcomes.append(_run(["--only-database", *sys.argv[1:]], on_postgresql))
    passed = sum(outcome.passed for outcome in outcomes)
    failed = sum(outcome.failed for outcome in outcomes)
    skipped = sum(outcome.skipped for outcome in outcomes)
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    sys.exit(1 if failed or any(outcome.status for outcome in outcomes) else 0)


def _run(arguments: list[str], environment: dict[str, str]) -> Outcome:
    """Run the suite, and what failed in it once more alone: a test that then passes is named.

    The tests start real servers and kill them, and mostly wait for them: three at a time keep two
    cores busy. One that fails only in company is worth a look, and no reason to distrust the rest.
    """
    with tempfile.TemporaryDirectory() as folder:
        cache = ["-o", f"cache_dir={folder}/cache"]
        outcome = _pytest([*IN_PARALLEL, *cache, *arguments], environment, Path(folder) / "all.xml")
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
