"""Nobody but the stack's user reads what it keeps, whatever the umask."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running_stack import ROOT, RunningStack


def _open_to_others(home: Path) -> dict[str, str]:
    """Return the paths below the home, and itself, that group or others may use."""
    found = {}
    for path in (home, *home.rglob("*")):
        mode = stat.S_IMODE(path.lstat().st_mode)
        if mode & 0o077:
            found[str(path.relative_to(home))] = oct(mode)
    return found


@pytest.mark.exhaustive
@pytest.mark.slow
def test_files_of_a_running_stack(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "logs").mkdir(parents=True)
    (home / "logs" / "web.log").write_text("from an earlier version\n")
    for path in (home, home / "logs"):
        path.chmod(0o755)
    before = os.umask(0)
    try:
        stack = RunningStack(home, arguments=("--demo",))
        with stack:
            assert not _open_to_others(home)
            commands = (("campaign", "list"), ("accounts", "status", "--all"))
            for arguments in commands:
                subprocess.run(
                    [sys.executable, "manage.py", *arguments], cwd=ROOT, env=stack.env, check=False
                )
            assert not _open_to_others(home)
    finally:
        os.umask(before)
