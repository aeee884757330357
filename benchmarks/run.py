"""Runs all benchmarks, one after the other: `make bench` (QUICK=1 for small numbers).

Prints a table in Markdown for the README and writes benchmarks/results/<name>.json. Ratios are
measured within one run; absolute figures depend on the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import targets
from benchmarks.environments import ROOT, new_environment

RESULTS = ROOT / "benchmarks" / "results"


@dataclass(frozen=True)
class Bench:
    """One benchmark.

    Attributes:
        name: of its result.
        module: the module of `benchmarks`.
        databases: those it runs on.
        full, quick: its arguments; an empty `quick` leaves it out of quick runs.
        rows: turns a result into rows (what, figure, target, whether it is reached).
        seconds: how long it may take.
    """

    name: str
    module: str
    databases: tuple[str, ...]
    full: tuple[str, ...]
    quick: tuple[str, ...]
    rows: Callable[[str, dict[str, Any]], list[targets.Row]] = field(repr=False)
    seconds: float = 900


def _lanes(lanes: int, gap: float, seconds: int, *more: str) -> tuple[str, ...]:
    return ("--lanes", str(lanes), "--gap", str(gap), "--seconds", str(seconds), *more)


BOTH = ("postgresql", "sqlite")
ONE = ("postgresql",)
BENCHES = (
    Bench(
        "throughput", "throughput", BOTH,
        ("--messages", "20000", "--repeats", "3", "--task-messages", "1500"),
        ("--messages", "4000", "--repeats", "1", "--task-messages", "400"),
        targets.throughput,
    ),
    Bench(
        "workers", "workers", ONE,
        ("--messages", "20000", "--repeats", "3"), ("--messages", "4000", "--repeats", "1"),
        targets.workers,
    ),
    Bench("lanes-100", "lanes", ONE, _lanes(100, 1, 30), _lanes(50, 1, 8), targets.lanes),
    Bench("lanes-1000", "lanes", ONE, _lanes(1000, 4, 40), (), targets.lanes),
    Bench(
        "lanes-5000", "lanes", ONE,
        _lanes(5000, 20, 60, "--start-within", "200"), (), targets.lanes,
    ),
    Bench(
        "lanes-10000", "lanes", ONE,
        _lanes(10_000, 20, 60, "--start-within", "200"), (), targets.lanes,
    ),
    Bench(
        "half-too-fast", "lanes", ONE,
        _lanes(100, 1, 30, "--too-fast"), _lanes(40, 1, 8, "--too-fast"), targets.half_too_fast,
    ),
    Bench(
        "openings", "openings", BOTH, ("--lanes", "5000"), ("--lanes", "200"), targets.openings
    ),
    Bench(
        "planning", "planning", BOTH,
        ("--people", "1000000", "--repeats", "1"), ("--people", "50000", "--repeats", "1"),
        targets.planning,
    ),
    Bench(
        "planning-choices", "planning_choices", BOTH,
        ("--people", "100000", "--variants", "keep_cap", "weekly", "everything"),
        (), targets.planning_choices,
    ),
    Bench(
        "rehearsing", "rehearsing", BOTH,
        ("--people", "1000000"), ("--people", "20000"), targets.rehearsing,
    ),
    Bench("latency", "latency", BOTH, ("--repeats", "5"), ("--repeats", "2"), targets.latency),
    Bench(
        "endurance", "endurance", ONE,
        ("--messages", "100000"), ("--messages", "5000"), targets.endurance,
    ),
    Bench(
        "ten-million", "ten_million", ONE,
        ("--deliveries", "10000000"), ("--deliveries", "200000"), targets.ten_million, 5400,
    ),
    Bench(
        "ten-million-run", "ten_million_run", ONE,
        ("--people", "10000000"), ("--people", "500000", "--slice", "10000"),
        targets.ten_million_run, 7200,
    ),
)  # fmt: skip


def main() -> None:
    """Run the selected benchmarks, print the table and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", default=bool(os.environ.get("QUICK")))
    parser.add_argument("--only", default="", help="names, with commas between")
    parser.add_argument("--results", type=Path, default=RESULTS)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, _end)  # so that the database server is stopped too
    only = set(filter(None, given.only.split(",")))
    given.results.mkdir(exist_ok=True)
    table = [targets.HEAD]
    if not only or "exchange" in only:
        table += _exchange(given.results, is_quick=given.quick)
    for bench in BENCHES:
        arguments = bench.quick if given.quick else bench.full
        if not arguments or (only and bench.name not in only):
            continue
        for database in bench.databases:
            table += _run(bench, database, arguments, given.results)
    if not only or "imports" in only:
        table += _imports(given.results, is_quick=given.quick)
    print("\n".join(["", *table]))


def _end(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _run(bench: Bench, database: str, arguments: tuple[str, ...], results: Path) -> list[str]:
    """Run one benchmark in a new environment; a failure does not stop the others."""
    print(f"{bench.name} on {database} ...", file=sys.stderr, flush=True)
    begin, load = time.monotonic(), os.getloadavg()[0]
    try:
        with new_environment(database) as environment:
            result = environment.run(bench.module, *arguments, timeout=bench.seconds)
    except SystemExit as problem:
        return [targets.line(f"{bench.name}, {database}", f"failed: {problem}", "", False)]
    result |= {
        "seconds": round(time.monotonic() - begin, 1),
        "load_before": round(load, 2),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "arguments": list(arguments),
    }
    text = json.dumps(result, indent=1)
    (results / f"{bench.name}-{database}.json").write_text(text + "\n")
    lines = [targets.line(*row) for row in bench.rows(database, result)]
    print("\n".join(lines), file=sys.stderr, flush=True)
    return lines


def _exchange(results: Path, *, is_quick: bool) -> list[str]:
    """Run the benchmark of the exchange, which needs no database."""
    size = ("--messages", "5000", "--repeats", "1") if is_quick else ()
    load = os.getloadavg()[0]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.exchange", *size],
        cwd=ROOT,
        check=False,
        stdout=subprocess.PIPE,
        timeout=1800,
    )
    if done.returncode:
        return [targets.line("exchange", "failed", "", False)]
    result = json.loads(done.stdout) | {
        "load_before": round(load, 2),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }
    (results / "exchange.json").write_text(json.dumps(result, indent=1) + "\n")
    return [targets.line(*row) for row in targets.exchange(result)]


def _imports(results: Path, *, is_quick: bool) -> list[str]:
    """Run the import benchmark, which has its own process and table."""
    out = results / "imports.json"
    out.unlink(missing_ok=True)
    subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks.imports", "--json", str(out)),
            *("--rows", "20000" if is_quick else "1000000"),
        ],
        cwd=ROOT,
        check=False,
        stdout=sys.stderr,
        timeout=3600,
    )
    if not out.exists():
        return [targets.line("imports", "failed", "", False)]
    return [targets.line(*row) for row in targets.imports(json.loads(out.read_text()))]


if __name__ == "__main__":
    main()
