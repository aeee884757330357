"""The embedded database belongs to its owner, also where a command alone created it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

from tests.running_stack import ROOT


def test_a_command_creates_it_private_whatever_the_umask(tmp_path: Path) -> None:
    home = tmp_path / "home"
    environment = {**os.environ, "QQCAMPAIGN_HOME": str(home), "DATABASE_URL": ""}
    environment["DJANGO_SETTINGS_MODULE"] = "qqcampaign.settings"
    command = [sys.executable, "manage.py", "showmigrations", "--skip-checks", "clocks"]
    subprocess.run(
        command, cwd=ROOT, env=environment, umask=0, check=True, capture_output=True, timeout=100
    )
    files = [file for file in home.rglob("*") if file.is_file()]
    assert home / "db.sqlite3" in files
    assert [
        oct(file.stat().st_mode) for file in files if stat.S_IMODE(file.stat().st_mode) & 0o077
    ] == []
