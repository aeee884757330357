"""The engine reads clocks, and waits, only through `clocks` (docs/decisions/0016)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
#: The modules that decide when something is sent, retried, woken or given up.
PLACES = (
    "sending", "campaigns/audience_query.py", "campaigns/contacts_hooks", "campaigns/creation",
    "campaigns/find.py", "campaigns/planning", "campaigns/reports", "campaigns/run_control",
    "campaigns/tasks.py",
    "accounts/account_tasks.py", "accounts/gateway", "accounts/imports", "accounts/leases",
    "accounts/pacing", "accounts/querysets", "accounts/transitions.py", "accounts/wake_ups.py",
    "foundation/database_turn.py", "foundation/times.py",
    "qqcampaign/beat.py", "qqcampaign/celery.py",
)  # fmt: skip
#: Calls that read a clock or wait.
CLOCKS = {
    ("time", name)
    for name in ("time", "monotonic", "clock_gettime", "sleep", "perf_counter", "time_ns")
} | {
    ("datetime", "now"), ("datetime", "utcnow"), ("timezone", "now"), ("timezone", "localdate"),
    ("threading", "Event"), ("threading", "Thread"), ("threading", "Timer"),
}  # fmt: skip
#: Calls that are allowed because they serve another purpose.
ALLOWED = {
    # A day's name in a sentence: today or not.
    ("foundation/times.py", "timezone.localdate"),
    # Giving other greenlets a turn.
    ("sending/runs/costly_texts.py", "time.sleep"),
    # A process without lanes says that it is not stopped; it decides nothing by the time.
    ("sending/ledger/writer_main.py", "time.sleep"),
    ("sending/ledger/writer_main.py", "threading.Thread"),
}


def files() -> list[Path]:
    found: list[Path] = []
    for place in PLACES:
        path = ROOT / place
        found += sorted(path.rglob("*.py")) if path.is_dir() else [path]
    # The default of a column is not a decision of the engine.
    return [path for path in found if "models" not in path.parts and "migrations" not in path.parts]


def asked_in(source: str) -> list[str]:
    """Return the calls in a source that read a clock or wait without `clocks`."""
    asked = []
    for node in ast.walk(ast.parse(source)):
        # `threading` names count only when called, for they stand in annotations too. A clock
        # counts without a call: it may be passed on.
        found = node.func if isinstance(node, ast.Call) else node
        if not isinstance(found, ast.Attribute) or not isinstance(found.value, ast.Name):
            continue
        is_asked = (found.value.id == "threading") == isinstance(node, ast.Call)
        if is_asked and (found.value.id, found.attr) in CLOCKS:
            asked.append(f"{found.value.id}.{found.attr}")
    return asked


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_engine_reads_no_other_clock(path: Path) -> None:
    name = str(path.relative_to(ROOT))
    assert [call for call in asked_in(path.read_text("utf-8")) if (name, call) not in ALLOWED] == []


def test_the_check_finds_other_clocks() -> None:
    source = "import time\nfrom django.utils import timezone\nx = timezone.now\ntime.monotonic()\n"
    assert sorted(asked_in(source)) == ["time.monotonic", "timezone.now"]
