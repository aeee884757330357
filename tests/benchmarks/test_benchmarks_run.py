"""Every benchmark runs to its end with tiny numbers. Its speed is not checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from benchmarks import targets
from benchmarks.environments import new_environment
from benchmarks.run import BENCHES

pytestmark = [pytest.mark.stack, pytest.mark.one_database]

TINY = {
    "workers": ("--accounts", "2", "--messages", "20", "--repeats", "1"),
    "throughput": (
        *("--accounts", "2", "--messages", "20", "--task-messages", "6"),
        *("--repeats", "1"),
    ),
    "lanes": ("--lanes", "4", "--gap", "0.2", "--seconds", "1"),
    "openings": ("--lanes", "4", "--gap", "1", "--friends", "2", "--within", "60"),
    "planning": ("--people", "300", "--accounts", "3", "--repeats", "1"),
    "planning_choices": (
        *("--people", "300", "--accounts", "4", "--earlier", "2", "--repeats", "1"),
        *("--variants", "everything"),
    ),
    "rehearsing": ("--people", "300", "--accounts", "3"),
    "latency": ("--accounts", "2", "--friends", "40", "--repeats", "1"),
    "endurance": ("--accounts", "2", "--messages", "60"),
    "ten_million_run": ("--people", "2000", "--accounts", "4", "--slice", "200"),
    "ten_million": ("--deliveries", "2000", "--only", "sending/optout"),
}

#: Those that fill a PostgreSQL by its own SQL.
ON_POSTGRESQL = {"ten_million", "ten_million_run"}


@pytest.mark.exhaustive
@pytest.mark.parametrize("module", sorted(TINY))
def test_a_benchmark_runs_to_its_end(module: str) -> None:
    database = "postgresql" if module in ON_POSTGRESQL else "sqlite"
    with new_environment(database) as environment:
        result = environment.run(module, *TINY[module], timeout=150)
    rows = [row for bench in _of(module) for row in bench.rows("sqlite", result)]
    assert rows
    assert all(targets.line(*row).count("|") == 5 for row in rows)
    _numbers_are_those_asked_for(module, result)


def _of(module: str) -> list[Any]:
    return [bench for bench in BENCHES if bench.module == module]


def _numbers_are_those_asked_for(module: str, result: dict[str, Any]) -> None:
    """What was sent and planned is checked by the benchmarks themselves, against the gateway."""
    counts: dict[str, Callable[[], object]] = {
        "throughput": lambda: (result["engine"]["messages"], result["tasks"]["messages"]),
        "workers": lambda: [one["messages"] for one in result["workers"].values()][:2],
        "lanes": lambda: (result["lanes"], result["too_soon"]),
        "openings": lambda: result["lanes"],
        "planning": lambda: result["people"],
        "planning_choices": lambda: sorted(result["ratio_of_cpu"]),
        "rehearsing": lambda: result["people"],
        "latency": lambda: len(result["steps"]),
        "endurance": lambda: result["messages"],
        "ten_million_run": lambda: result["people"],
        "ten_million": lambda: (result["rows"]["sending_delivery"], result["failed"]),
    }
    assert (
        counts[module]()
        == {
            "throughput": (20, 6),
            "workers": [20, 20],
            "lanes": (4, 0),
            "openings": 4,
            "planning": 300,
            "planning_choices": ["everything", "without"],
            "rehearsing": 300,
            "latency": 1,
            "endurance": 60,
            "ten_million_run": 2000,
            "ten_million": (2000, []),
        }[module]
    )


def test_every_benchmark_has_its_tiny_numbers() -> None:
    assert {bench.module for bench in BENCHES} == set(TINY)
