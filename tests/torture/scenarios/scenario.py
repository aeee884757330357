"""The description of a scenario."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.torture.harness import Harness


@dataclass(frozen=True)
class Scenario:
    """A scenario: faults, and what must hold under them.

    Attributes:
        name: for the command line and the results.
        expectation: what must hold, in a sentence.
        run: runs it and records failures in the harness.
        is_long: whether it takes many minutes and is run only with --long or by its name.
        is_in_suite: whether `make test ARGS="--all"` runs it too.
    """

    name: str
    expectation: str
    run: Callable[[Harness], None]
    is_long: bool = False
    is_in_suite: bool = False
