"""No process of the stack survives, however the stack ends."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from qqcampaign.stack.redis_server import answers
from tests.running_stack import ROOT, RunningStack, processes_of

pytestmark = [pytest.mark.stack, pytest.mark.one_database]
StartStack = Callable[..., RunningStack]


def test_ctrl_c_ends_everything(start_stack: StartStack) -> None:
    stack = start_stack()
    assert set(stack.pids) == {"redis", "worker", "jobs", "web", "beat"}
    assert stack.stop(signal.SIGINT) == 0
    assert processes_of(stack.home) == {}
    assert "Everything has stopped." in stack.output
    assert not (stack.home / "stack.json").exists()


@pytest.mark.exhaustive
def test_ctrl_c_ends_processes_that_are_stopped_or_starting_again(start_stack: StartStack) -> None:
    stack = start_stack()
    for name in ("worker", "redis", "beat"):
        stack.kill(name, signal.SIGSTOP)
    stack.kill("jobs")
    assert stack.stop(signal.SIGTERM) == 0
    assert processes_of(stack.home) == {}


@pytest.mark.exhaustive
def test_a_second_ctrl_c_does_not_wait(start_stack: StartStack) -> None:
    stack = start_stack()
    stack.process.send_signal(signal.SIGINT)
    stack.wait_until(lambda: "Stopping" in stack.output, what="the first Ctrl-C")
    assert stack.stop(signal.SIGINT) == 0
    assert processes_of(stack.home) == {}
    assert "Traceback" not in stack.output


def test_ctrl_c_during_the_start_ends_what_was_started(start_stack: StartStack) -> None:
    stack = start_stack(is_awaited=False)
    stack.wait_until(lambda: (stack.home / "stack.json").exists(), what="the first process")
    stack.stop(signal.SIGINT)
    assert processes_of(stack.home) == {}
    assert "Traceback" not in stack.output


def test_a_killed_supervisor_leaves_no_orphans(start_stack: StartStack) -> None:
    stack = start_stack()
    stack.kill("web", signal.SIGSTOP)  # it cannot react to anything
    stack.kill("worker", signal.SIGSTOP)
    stack.process.kill()
    stack.process.wait()
    stack.wait_until(lambda: not processes_of(stack.home), what="the end of all", seconds=10)


@pytest.mark.exhaustive
def test_it_stops_when_the_make_that_started_it_is_killed(tmp_path: Path) -> None:
    stack = RunningStack(tmp_path / "home")
    parent = subprocess.Popen(
        [
            *(sys.executable, "-c", "import subprocess, sys; subprocess.run(sys.argv[1:])"),
            *(sys.executable, "manage.py", "up", "--port", "0"),
        ],
        cwd=ROOT,
        env={**stack.env, "QQCAMPAIGN_STOP_WITH_PARENT": "1"},
        stdout=subprocess.DEVNULL,
    )
    stack.wait_until(
        lambda: "url" in (stack.facts if (stack.home / "stack.json").exists() else {}),
        what="the start under a parent",
        seconds=60,
    )
    parent.kill()
    parent.wait()
    stack.wait_until(lambda: not processes_of(stack.home), what="the end of all", seconds=40)


def test_what_dies_is_started_again(start_stack: StartStack) -> None:
    stack = start_stack()
    before = {name: stack.kill(name) for name in ("worker", "redis", "web")}
    shutil.rmtree(stack.home / "redis")  # the data of Redis may be deleted at any time
    stack.wait_until(
        lambda: all(
            stack.pids[name] != pid and _lives(stack.pids[name]) for name, pid in before.items()
        ),
        what="the processes' second start",
    )
    stack.wait_until(lambda: answers(f"unix://{stack.home}/redis.sock"), what="Redis without data")
    for name in before:
        assert f"{name} ended (killed by SIGKILL) and is restarted." in stack.output
    assert stack.stop() == 0
    assert processes_of(stack.home) == {}


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
