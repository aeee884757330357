"""A module of ours runs in a process of its own: where it finds modules, and when it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.ledger_process import is_running
from tests.running_stack import ROOT

#: Starts a process by `own_command` in a process of its own; argument: more folders of modules.
PARENT = f"""
import json, subprocess, sys
sys.path[:] = [*json.loads(sys.argv[1]), *sys.path, {str(ROOT)!r}]
from foundation.own_python import own_command
process = subprocess.Popen(own_command("a_module_of_ours", "one", 2))
if len(sys.argv) > 2:
    print(process.pid, flush=True)
sys.exit(process.wait())
"""


def _folder(path: Path, program: str) -> Path:
    path.mkdir(parents=True)
    (path / "a_module_of_ours.py").write_text(program)
    return path


@pytest.mark.parametrize("name", ["plain", "with space and 中文", "a:b"])
@pytest.mark.parametrize("environment", [{}, {"PYTHONSAFEPATH": "1"}, {"PYTHONOPTIMIZE": "2"}])
def test_modules_are_found_where_the_parent_finds_them(
    tmp_path: Path, name: str, environment: dict[str, str]
) -> None:
    folder = _folder(tmp_path / name, "import sys, socket; print(sys.argv[1:], __name__)")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "socket.py").write_text("raise RuntimeError('a file that lies about')")
    done = subprocess.run(
        [sys.executable, "-P", "-c", PARENT, json.dumps([str(folder)])],
        cwd=elsewhere,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("['one', '2'] __main__\n", 0), done.stderr


def test_the_working_directory_may_be_gone(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "modules", "print('works')")
    (tmp_path / "gone").mkdir()
    program = f"import os; os.rmdir({str(tmp_path / 'gone')!r})\n{PARENT}"
    done = subprocess.run(
        [sys.executable, "-c", program, json.dumps(["", str(folder)])],
        cwd=tmp_path / "gone",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("works\n", 0), done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="needs prctl")
def test_it_dies_with_its_parent_also_if_it_stands_still(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "modules", "import time; print('up', flush=True); time.sleep(60)")
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, json.dumps([str(folder)]), "told"],
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        child, said = int(parent.stdout.readline()), parent.stdout.readline()
        assert said == "up\n"
        os.kill(child, signal.SIGSTOP)
        parent.kill()
    deadline = time.monotonic() + 10
    while is_running(child):
        assert time.monotonic() < deadline
        time.sleep(0.01)
