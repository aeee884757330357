"""`make torture BLACK_BOX=1`: the slow black-box tests, on both databases.

Arguments (`ARGS="-k kills"`) are pytest's. BLACK_BOX_ROOT names another checkout to test.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
#: The files that `make test` leaves out: they take minutes.
PATTERN = "python_files=slow_*.py"
#: Timeout of a test on a busy machine, seconds.
TIMEOUT = 600


def main(arguments: Sequence[str]) -> int:
    """Run the tests on SQLite, then on PostgreSQL; return the exit status."""
    statuses = []
    for database in ("sqlite", "postgresql"):
        print(f"=== black box, on {database}", flush=True)
        command = [sys.executable, "-m", "pytest", "-q", "-o", PATTERN, "-o", f"timeout={TIMEOUT}"]
        environment = {**os.environ, "BLACK_BOX_DATABASE": database}
        done = subprocess.run(
            [*command, str(HERE), *arguments], env=environment, cwd=HERE.parent.parent, check=False
        )
        statuses.append(done.returncode)
    return max(statuses)
