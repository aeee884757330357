"""The Dockerfile: its steps work in a fresh folder, as far as they go without an engine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running_stack import ROOT

TEXT = (ROOT / "Dockerfile").read_text("utf-8")
#: Steps that belong to the engine: they change its users and programs.
NOT_HERE = ("useradd", "apt-get")


def _steps() -> list[tuple[str, str]]:
    """Return (instruction, rest) of each line, continued lines joined."""
    joined = re.sub(r"\\\n\s*", "", TEXT)
    lines = [line for line in joined.splitlines() if line and not line.startswith("#")]
    return [(line.split()[0], line.partition(" ")[2]) for line in lines]


def test_the_image_runs_without_rights() -> None:
    steps = _steps()
    users = [rest for name, rest in steps if name == "USER"]
    assert users
    assert users[-1].isdecimal(), "a number, which an orchestrator can check"
    assert int(users[-1]) > 0
    assert any(name == "HEALTHCHECK" for name, _rest in steps)
    assert not any(name == "ADD" for name, _rest in steps)


def test_backups_of_the_composed_database_can_be_made() -> None:
    """pg_dump refuses a server that is newer than itself."""
    compose = (ROOT / "docker-compose.yml").read_text("utf-8")
    server = re.search(r"image: postgres:(\d+)", compose)
    client = re.search(r"postgresql-client-(\d+)", TEXT)
    assert server is not None
    assert client is not None
    assert int(client[1]) >= int(server[1])


def test_no_secret_and_no_data_gets_into_the_image() -> None:
    ignored = set((ROOT / ".dockerignore").read_text("utf-8").split())
    assert {".git", "secrets", "var", ".venv", "tests"} <= ignored


def test_the_image_has_the_documentation_that_the_console_shows() -> None:
    ignored = set((ROOT / ".dockerignore").read_text("utf-8").split())
    assert not {"docs", "mkdocs.yml", "*.md", "**/*.md"} & ignored


@pytest.mark.exhaustive
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_its_steps_run_in_a_fresh_folder(tmp_path: Path) -> None:
    """Copy what the image gets, run each RUN line, and start what CMD names."""
    app, venv = tmp_path / "app", tmp_path / "venv"
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\0")
    for name in filter(None, tracked):
        if name.split("/")[0] not in ignored and (ROOT / name).is_file():
            (app / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, app / name)
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        **{name: value for name, value in os.environ.items() if name.startswith("PIP_")},
        "PATH": f"{venv}/bin:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "QQCAMPAIGN_HOME": str(tmp_path / "data"),
        "STATIC_ROOT": str(app / "staticfiles"),
    }
    for name, rest in _steps():
        if name != "RUN" or rest.startswith(NOT_HERE):
            continue
        command = rest.replace("/venv", str(venv)).replace("/tmp/build", str(tmp_path / "build"))
        subprocess.run(["sh", "-ec", command], cwd=app, env=environment, check=True, timeout=600)
    assert (app / "staticfiles" / "console" / "console.css").is_file()
    assert (app / "docs" / "working.zh.md").is_file()
    assert not (tmp_path / "build").exists(), "the secrets of the build are thrown away"
    checked = subprocess.run(
        [str(venv / "bin" / "python"), "manage.py", "check"], cwd=app, env=environment, check=False
    )
    assert checked.returncode == 0
    helped = subprocess.run(
        [str(venv / "bin" / "python"), "-m", "qqcampaign.web.server", "--help"],
        cwd=app,
        env=environment,
        check=False,
        capture_output=True,
    )
    assert helped.returncode == 0, helped.stderr


@pytest.mark.slow
def test_hadolint_finds_nothing() -> None:
    program = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("hadolint is not installed")
    done = subprocess.run([program, "Dockerfile"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
