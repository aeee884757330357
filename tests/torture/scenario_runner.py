"""Runs scenarios one after the other and prints a line for each.

`make torture ARGS="--scenario NAME"` runs those whose names begin with NAME, `--scenario all` all
short ones, `--scenario all --long` all, and `--scenario list` lists them.
"""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.torture.harness import Harness, ScenarioFailed, ScenarioSkipped
from tests.torture.scenarios import SCENARIOS
from tests.torture.scenarios.scenario import Scenario


@dataclass
class Result:
    """The result of a scenario."""

    name: str
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    skipped: str = ""

    @property
    def line(self) -> str:
        """One line: name, seconds, PASS, FAIL or SKIP, the failures and the notes."""
        word = "SKIP" if self.skipped else "FAIL" if self.failures else "PASS"
        more = self.skipped or "; ".join(self.failures)
        notes = f"  [{'; '.join(self.notes)}]" if self.notes else ""
        return f"{self.name:28} {self.seconds:5.0f} s  {word}  {more}{notes}".rstrip()


def run_scenario(
    scenario: Scenario,
    *,
    database: str = "sqlite",
    is_long: bool = False,
    keep_folder: Path | None = None,
    scale: float = 1.0,
) -> Result:
    """Run one scenario with a harness of its own; return its result.

    Args:
        scenario: the scenario.
        database: for a scenario that needs neither.
        is_long: whether to use real windows and long outages.
        keep_folder: gets the files of a failed scenario; None: they are removed.
        scale: the size of a scenario that has one, 1.0 for the whole.
    """
    result, began = Result(scenario.name), time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="qqs-"))
    harness = None
    try:
        with ExitStack() as exit_stack:
            harness = Harness(folder, exit_stack, database=database, is_long=is_long, scale=scale)
            scenario.run(harness)
    except ScenarioSkipped as why:
        result.skipped = str(why)
    except ScenarioFailed as problem:
        result.failures.append(str(problem))
    except Exception as problem:  # the other scenarios still run
        (folder / "traceback.txt").write_text(traceback.format_exc())
        first = str(problem).partition("\n")[0][:160]
        result.failures.append(f"broke: {type(problem).__name__}: {first}")
    if harness is not None:
        result.failures = harness.failures + result.failures
        result.notes = harness.notes
    if keep_folder is not None and result.failures:
        shutil.copytree(folder, keep_folder / scenario.name, dirs_exist_ok=True, ignore=_sockets_in)
    shutil.rmtree(folder, ignore_errors=True)
    result.seconds = time.monotonic() - began
    return result


def select(names: Sequence[str], *, is_long: bool) -> list[Scenario]:
    """Return the scenarios whose names begin with one of these names; "all" selects all."""
    return [
        one
        for one in SCENARIOS
        if ("all" in names and (is_long or not one.is_long))
        or any(one.name.startswith(name) and (is_long or not one.is_long) for name in names)
        or one.name in names
    ]


def main(
    names: Sequence[str],
    *,
    database: str,
    is_long: bool,
    keep_folder: Path | None,
    scale: float = 1.0,
) -> int:
    """Run the selected scenarios; return the exit status."""
    if "list" in names:
        for one in SCENARIOS:
            print(f"{one.name:28} {'(long) ' if one.is_long else ''}{one.expectation}")
        return 0
    scenarios = select(names, is_long=is_long)
    if not scenarios:
        print(f"There is no scenario {', '.join(names)}: see --scenario list", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, _exit)
    results = []
    for one in scenarios:
        results.append(
            run_scenario(
                one, database=database, is_long=is_long, keep_folder=keep_folder, scale=scale
            )
        )
        print(results[-1].line, flush=True)
    failed = sum(bool(result.failures) for result in results)
    skipped = sum(bool(result.skipped) for result in results)
    print(f"{len(results) - failed - skipped} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


def _exit(_number: int, _frame: object) -> None:
    """Exit through the exception handlers, which end everything that was started."""
    sys.exit("terminated")


def _sockets_in(folder: str, names: list[str]) -> list[str]:
    """Return the sockets, which cannot be copied."""
    return [name for name in names if (Path(folder) / name).is_socket()]
