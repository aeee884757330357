"""Starting the stack: first start, restart, and refusals with a sentence."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from qqcampaign.management.commands.up import Command
from qqcampaign.stack.demo import CAMPAIGN
from qqhttp.simulator import SimulatorControl
from tests.running_stack import ROOT, RunningStack, processes_of

pytestmark = pytest.mark.stack
StartStack = Callable[..., RunningStack]


def _get(url: str, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    connection.request("GET", path)
    reply = connection.getresponse()
    body = reply.read()
    connection.close()
    return reply.status, body


def _status(stack: RunningStack) -> dict[str, Any]:
    status: dict[str, Any] = json.loads(
        stack.manage("campaign", "status", CAMPAIGN, "--json").stdout
    )
    return status


def test_the_demo_is_alive_and_a_second_start_goes_on_with_it(start_stack: StartStack) -> None:
    stack = start_stack("--demo", is_first_start=True)
    status, body = _get(stack.url, "/health/ready")
    assert (status, json.loads(body)) == (200, {"database": "ok", "redis": "ok"})
    name, password = stack.login
    assert f"{name}, password {password}" in stack.output
    assert stat.S_IMODE((stack.home / "operator_login").stat().st_mode) == 0o600
    arrived = SimulatorControl(stack.gateway_url).figures
    stack.wait_until(lambda: arrived().arrived >= 10, what="the first messages", seconds=60)
    assert stack.stop() == 0

    before = _status(stack)
    assert before["targeted"] == 2000
    assert before["sent"] >= 10

    stack.start()
    assert stack.login == (name, password)
    assert f"{name}, password {password}" in stack.output
    arrived = SimulatorControl(stack.gateway_url).figures
    stack.wait_until(lambda: arrived().arrived >= 10, what="further messages", seconds=60)
    stack.wait_until(lambda: _status(stack)["sent"] > before["sent"], what="their results")
    after = _status(stack)
    assert after["targeted"] == 2000
    assert after["res"]["20"] >= 1  # the new simulator does not know the sessions
    assert arrived().too_soon == 0
    lists = "from contacts.models import Membership; print(Membership.objects.count())"
    assert stack.manage("shell", "-v", "0", "-c", lists).stdout.split() == ["2100"]


@pytest.mark.exhaustive
@pytest.mark.one_database
def test_health_follows_redis_and_a_second_stack_is_refused(start_stack: StartStack) -> None:
    stack = start_stack()
    second = stack.manage("up", "--port", "0", check=False)
    assert second.returncode == 1
    assert f"A stack already runs on {stack.home} (process {stack.process.pid})" in second.stderr
    assert _get(stack.url, "/health/live") == (200, b"ok\n")
    stack.kill("redis", signal.SIGSTOP)
    status, body = _get(stack.url, "/health/ready")
    assert (status, json.loads(body)) == (503, {"database": "ok", "redis": "unreachable"})
    assert _get(stack.url, "/health/live")[0] == 200


def _refusal(stack: RunningStack, *arguments: str) -> str:
    """Start the stack, expect a refusal, and return its text."""
    done = stack.manage("up", *(arguments or ("--port", "0")), check=False, timeout=120)
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "Traceback" not in said
    assert processes_of(stack.home) == {}
    return said


@pytest.fixture
def down(tmp_path: Path) -> RunningStack:
    """A stack with an empty home that is not started."""
    return RunningStack(tmp_path / "home")


@pytest.mark.one_database
def test_a_port_in_use_is_refused(down: RunningStack) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"Port {port} is in use" in _refusal(down, "--port", str(port))


@pytest.mark.one_database
def test_an_address_that_is_not_ours_is_refused(down: RunningStack) -> None:
    assert "cannot listen on 192.0.2.1" in _refusal(down, "--host", "192.0.2.1")


@pytest.mark.one_database
def test_a_home_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    stack = RunningStack(tmp_path / "file" / "home")
    assert f"The folder {stack.home}, where the data is kept, cannot be written to" in _refusal(
        stack
    )


@pytest.mark.one_database
def test_a_read_only_home_is_refused(down: RunningStack) -> None:
    down.home.mkdir()
    _mount("-o", "bind", str(down.home), str(down.home))
    try:
        _mount("-o", "remount,bind,ro", str(down.home))
        assert "Read-only file system" in _refusal(down)
    finally:
        subprocess.run(["umount", str(down.home)], check=True)


@pytest.mark.one_database
@pytest.mark.parametrize("size", ["4k", "1m"])
def test_a_full_disk_is_refused(down: RunningStack, size: str) -> None:
    down.home.mkdir()
    _mount("-t", "tmpfs", "-o", f"size={size}", "none", str(down.home))
    try:
        if size == "4k":
            (down.home / "filler").write_bytes(b"x" * 4096)
        said = _refusal(down)
        assert "is full" in said or "No space left on device" in said
    finally:
        subprocess.run(["umount", str(down.home)], check=True)


_UP = (
    "from django.core.management import execute_from_command_line as run; import os, resource, sys"
)


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("trouble", "sentence"),
    [
        ("sys.executable = '/gone/python'", "No such file or directory /gone/python"),
        (
            "n = max(map(int, os.listdir('/proc/self/fd'))) + 3;"
            "resource.setrlimit(resource.RLIMIT_NOFILE, (n, n))",
            "Too many open files",
        ),
    ],
)
def test_what_the_system_refuses_is_not_blamed_on_the_folder(
    down: RunningStack, trouble: str, sentence: str
) -> None:
    command = f"{_UP}; {trouble}; run(['manage.py', 'up', '--port', '0'])"
    done = subprocess.run(
        [sys.executable, "-c", command],
        cwd=ROOT,
        env={**down.env, "DJANGO_SETTINGS_MODULE": "qqcampaign.settings"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert sentence in done.stderr
    assert "cannot be written to" not in done.stderr
    assert "Traceback" not in done.stderr
    assert processes_of(down.home) == {}


@pytest.mark.exhaustive
@pytest.mark.one_database
def test_a_log_that_is_a_folder_is_the_folders_fault(down: RunningStack) -> None:
    (down.home / "logs" / "worker.log").mkdir(parents=True)
    assert "cannot be written to (Is a directory)" in _refusal(down)


@pytest.mark.one_database
def test_a_database_that_is_away_is_refused(down: RunningStack) -> None:
    with socket.socket() as reserved:  # bound but not listening: connections are refused
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        down.env |= {
            "DATABASE_URL": f"postgres://user:pass-word@127.0.0.1:{port}/none",
            "SECRET_KEY": "k" * 60,
        }
        said = _refusal(down)
    assert "The database cannot be reached" in said
    assert "pass-word" not in said


@pytest.mark.one_database
def test_a_redis_that_is_away_is_refused(down: RunningStack) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        down.env |= {"REDIS_URL": f"redis://:pass-word@127.0.0.1:{reserved.getsockname()[1]}/0"}
        said = _refusal(down)
    assert "Redis cannot be reached" in said
    assert "REDIS_URL" in said
    assert "pass-word" not in said


def test_a_file_that_is_no_database_is_refused(down: RunningStack) -> None:
    down.home.mkdir()
    (down.home / "db.sqlite3").write_bytes(b"not a database at all, but long enough" * 100)
    assert "file is not a database" in _refusal(down)


@pytest.mark.one_database
def test_wrong_settings_are_refused_all_at_once(down: RunningStack) -> None:
    down.env |= {"EGRESS_NAME": "a name", "QQ_GATEWAY_URL": "gateway", "CREDENTIAL_KEYS": "short"}
    said = _refusal(down)
    for name in ("EGRESS_NAME", "QQ_GATEWAY_URL", "CREDENTIAL_KEYS"):
        assert name in said


@pytest.mark.one_database
@pytest.mark.parametrize(
    "arguments", [["--port", "70000"], ["--port", "x"], ["--worker-concurrency", "0"], ["--what"]]
)
def test_wrong_usage_exits_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        Command().run_from_argv(["manage.py", "up", *arguments])
    assert ended.value.code == 2


def _mount(*arguments: str) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs to be root, to mount a file system")
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"cannot mount here: {done.stderr.strip()}")
