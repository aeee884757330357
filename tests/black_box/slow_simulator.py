"""The project's simulator, used through its command line and its documented control interface."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.black_box.operator_cli import Operator

TEXT = "hello {not} 你好"
ACCOUNTS, FRIENDS, GAP = 4, 140, 0.2


@dataclass(frozen=True)
class Simulator:
    """The control interface of a running simulator (docs/simulator.md)."""

    url: str

    def ask(self, route: str) -> Any:
        """GET /control/ROUTE."""
        with urllib.request.urlopen(f"{self.url}/control/{route}", timeout=10) as answer:
            return json.load(answer)

    def tell(self, route: str, **what: object) -> None:
        """POST /control/ROUTE."""
        request = urllib.request.Request(
            f"{self.url}/control/{route}",
            data=json.dumps(what).encode(),
            headers={"Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=10).close()

    @property
    def arrived(self) -> int:
        """How many messages have arrived."""
        return int(self.ask("figures")["arrived"])

    @property
    def logins(self) -> int:
        """How many logins were granted."""
        return int(self.ask("figures")["logins"]["accepted"])


@contextmanager
def simulator(operator: Operator, *arguments: object) -> Iterator[Simulator]:
    """Run `manage.py gateway_simulator`; yield its control interface once it listens."""
    with subprocess.Popen(
        [operator.python, "manage.py", "gateway_simulator", "--port", "0", *map(str, arguments)],
        cwd=operator.root, env=operator.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            yield Simulator(json.loads(process.stdout.readline())["url"])
        finally:
            process.kill()


def test_all_is_sent_once_through_lost_sessions_account_tasks_and_a_slower_pace(
    tmp_path: Path,
) -> None:
    accounts, people = tmp_path / "accounts.csv", tmp_path / "people.csv"
    size = ("--accounts", ACCOUNTS, "--friends", FRIENDS, "--min-interval", GAP, "--penalty", 1)
    files = ("--write-accounts", accounts, "--write-contacts", people, "--heartbeat", 2)
    with (
        Operator(tmp_path / "here") as operator,
        simulator(operator, *size, *files) as gateway,
    ):
        operator.env["QQ_GATEWAY_URL"] = gateway.url
        operator.up()
        assert operator.ok("import_accounts", accounts)["created"] == ACCOUNTS
        uins = [status["uin"] for status in operator.ok("accounts", "status")]
        pace = "".join(f"{uin},{GAP}\n" for uin in uins)
        operator.ok("import_accounts", operator.write("pace.csv", f"uin,min_interval\n{pace}"))
        operator.ok("import_contacts", people, "--list", "all")
        operator.ok("accounts", "sync", "--all")
        operator.ok("campaign", "create", "one", "--list", "all", "--text", TEXT)
        operator.ok("campaign", "start", "one")
        _wait_for_messages(operator, gateway, 60)

        logins = gateway.logins
        gateway.tell("faults", faults=["refuse,command=CLTMSG"])
        time.sleep(6)
        status = operator.ok("accounts", "status", uins[0])[0]
        gateway.tell("faults", faults=["empty,command=GetMsgEx"])
        assert (status["state"], status["reason"]) == ("resting", "session_ended"), status
        assert "RES=20" in status["detail"], status
        _wait_for_messages(operator, gateway, 60)
        assert ACCOUNTS <= gateway.logins - logins <= 6 * ACCOUNTS

        began = time.monotonic()
        assert {row["friends"] for row in operator.ok("accounts", "sync", "--all")} == {FRIENDS}
        assert time.monotonic() - began < 8
        assert gateway.ask("figures")["too_soon"] == 0, "an account task broke the pace"

        gateway.tell("settings", min_interval=2 * GAP)
        operator.wait_until(lambda: gateway.ask("figures")["too_soon"] >= ACCOUNTS, seconds=10)
        gateway.tell("settings", min_interval=GAP)
        figures = operator.wait("one", seconds=120)
        arrived = gateway.ask("figures")
        assert figures["sent"] == ACCOUNTS * FRIENDS, figures
        assert arrived["arrived"] == arrived["distinct"] == ACCOUNTS * FRIENDS, arrived
        assert (arrived["twice"], arrived["repeats_of_other"]) == (0, 0), arrived
        assert arrived["too_soon"] == figures["res"]["3"] == ACCOUNTS, arrived
        assert {status["state"] for status in operator.ok("accounts", "status")} == {"online"}


def _wait_for_messages(operator: Operator, gateway: Simulator, count: int) -> None:
    enough = gateway.arrived + count
    operator.wait_until(lambda: gateway.arrived >= enough, seconds=30)
