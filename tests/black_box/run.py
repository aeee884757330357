"""`make torture OUTSIDE=1`: everything that a stranger would try, on both databases.

Arguments (`ARGS="-k kills"`) are pytest's. OUTSIDE_ROOT names another checkout to judge.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
#: Files that are left out of `make test`: they take minutes, and wait out real times.
PATTERN = "python_files=slow_*.py"
#: A scenario on a busy machine, seconds.
PATIENCE = 600


def main(arguments: Sequence[str]) -> int:
    """Run them on SQLite, then on PostgreSQL; return the exit status."""
    statuses = []
    for database in ("sqlite", "postgresql"):
        print(f"=== from outside, on {database}", flush=True)
        command = [sys.executable, "-m", "pytest", "-q", "-o", PATTERN, "-o", f"timeout={PATIENCE}"]
        environment = {**os.environ, "OUTSIDE_DATABASE": database}
        done = subprocess.run(
            [*command, str(HERE), *arguments], env=environment, cwd=HERE.parent.parent, check=False
        )
        statuses.append(done.returncode)
    return max(statuses)
