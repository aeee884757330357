"""The processes of the previous version go on sending on the tables of this one."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from qqhttp.simulator import GatewaySimulator
from tests.operations.rehearsal import arrived, import_world, postgresql_programs, said, status
from tests.running_stack import ROOT, RunningStack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600), pytest.mark.exhaustive]

#: The commit of the previous release. `python -m tests.release` sets it to the one it tags.
PREVIOUS = Path(__file__).with_name("previous_release.txt")
TEXT = "across an upgrade"


@pytest.fixture
def previous() -> Iterator[Path]:
    """A folder with the code of the previous release; skips where the history is not there."""
    commit = PREVIOUS.read_text(encoding="ascii").strip()
    done = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"the history of the project does not hold {commit}")
    with tempfile.TemporaryDirectory(prefix="qqprevious-") as folder:
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            archive.extractall(folder, filter="data")
        yield Path(folder)


@pytest.mark.usefixtures("start_stack")  # so it runs on both kinds of databases
def test_a_run_goes_on_over_an_upgrade_under_it(
    previous: Path, gateway: GatewaySimulator, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    env = {"QQ_GATEWAY_URL": gateway.url, "PATH": postgresql_programs()}
    if request.config.getoption("--only-database"):
        env["DATABASE_URL"] = request.getfixturevalue("postgresql_url")
    home = Path(tempfile.mkdtemp(prefix="qqold-", dir=tmp_path)) / "home"
    old = RunningStack(home, env=env, root=previous)
    try:
        old.manage("migrate", "--noinput", timeout=240)  # more than a start may take when busy
        old.start()
        people = import_world(old, gateway, tmp_path)
        what = ("--list", "all", "--text", TEXT, "--per-minute", "200")
        old.manage("campaign", "create", "c", *what)
        old.manage("campaign", "start", "c")
        old.wait_until(lambda: len(arrived(gateway, TEXT)) > 10, what="messages", seconds=60)

        new = RunningStack(home, env=env)  # the same home and database, this code
        planned = said(new, "upgrade", "--dry-run")
        assert planned["unsafe"] == {}
        done = said(new, "upgrade")
        assert done["migrations"] == planned["migrations"] != []
        assert Path(done["backup"]).stat().st_mode & 0o777 == 0o600
        assert done["running"], "workers of the previous version are to be restarted"
        at_upgrade = len(arrived(gateway, TEXT))
        assert at_upgrade < len(people)
        old.wait_until(
            lambda: len(arrived(gateway, TEXT)) > at_upgrade + 10,
            what="messages of the previous version's worker",
            seconds=60,
        )
        old.stop()
        assert "Traceback" not in old.logs()

        new.start()
        new.manage("campaign", "wait", "c", "--timeout", "120", timeout=150)
        assert status(new, "c")["sent"] == len(people)
        assert arrived(gateway, TEXT) == dict.fromkeys(people, 1)
        assert json.loads(new.manage("upgrade", "--json").stdout)["migrations"] == []
        assert new.stop() == 0
        assert "Traceback" not in new.logs()
    finally:
        for stack in (old, locals().get("new")):
            if isinstance(stack, RunningStack):
                stack.end_at_once()
