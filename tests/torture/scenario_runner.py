"""Plays scenarios, one after the other, and prints one line for each.

`make torture ARGS="--scenario NAME"` plays those whose names begin so; `--scenario all` all that
are quick, `--scenario all --long` the others too, `--scenario list` says what there is.
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
    """What a scenario came to."""

    name: str
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    skipped: str = ""

    @property
    def line(self) -> str:
        """One line: name, seconds, PASS or FAIL, what did not hold."""
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
) -> Result:
    """Play one scenario on a stage of its own.

    Args:
        scenario: the scenario.
        database: where it does not care.
        is_long: whether real windows and long outages are wanted.
        kept: a folder that takes the stage's own, for somebody to look into.
    """
    result, began = Result(scenario.name), time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="qqs-"))
    harness = None
    try:
        with ExitStack() as exit_stack:
            harness = Harness(folder, exit_stack, database=database, is_long=is_long)
            scenario.run(harness)
    except ScenarioSkipped as why:
        result.skipped = str(why)
    except ScenarioFailed as problem:
        result.failures.append(str(problem))
    except Exception as problem:  # one that breaks must not keep the others from being played
        (folder / "traceback.txt").write_text(traceback.format_exc())
        first = str(problem).partition("\n")[0][:160]
        result.failures.append(f"broke: {type(problem).__name__}: {first}")
    if harness is not None:
        result.failures = harness.failures + result.failures
        result.notes = harness.notes
    if keep_folder is not None and result.failures:
        shutil.copytree(folder, keep_folder / scenario.name, dirs_exist_ok=True, ignore=_no_files)
    shutil.rmtree(folder, ignore_errors=True)
    result.seconds = time.monotonic() - began
    return result


def select(names: Sequence[str], *, is_long: bool) -> list[Scenario]:
    """Return the scenarios whose names begin with one of these; "all" is every one."""
    return [
        one
        for one in SCENARIOS
        if ("all" in names and (is_long or not one.is_long))
        or any(one.name.startswith(name) and (is_long or not one.is_long) for name in names)
        or one.name in names
    ]


def main(names: Sequence[str], *, database: str, is_long: bool, keep_folder: Path | None) -> int:
    """Play what was asked for; return the exit status."""
    if "list" in names:
        for one in SCENARIOS:
            print(f"{one.name:28} {'(long) ' if one.is_long else ''}{one.expectation}")
        return 0
    scenarios = select(names, is_long=is_long)
    if not scenarios:
        print(f"There is no scenario {', '.join(names)}: see --scenario list", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, _leave)
    results = []
    for one in scenarios:
        results.append(
            run_scenario(one, database=database, is_long=is_long, keep_folder=keep_folder)
        )
        print(results[-1].line, flush=True)
    failed = sum(bool(result.failures) for result in results)
    skipped = sum(bool(result.skipped) for result in results)
    print(f"{len(results) - failed - skipped} held, {failed} did not, {skipped} skipped")
    return 1 if failed else 0


def _leave(_number: int, _frame: object) -> None:
    """End in order, with everything that was started."""
    sys.exit("terminated")


def _no_files(folder: str, names: list[str]) -> list[str]:
    """Leave out what cannot be copied: sockets."""
    return [name for name in names if (Path(folder) / name).is_socket()]
