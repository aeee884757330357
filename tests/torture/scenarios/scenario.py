"""What a scenario is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.torture.harness import Harness


@dataclass(frozen=True)
class Scenario:
    """One trouble, played on a stage of its own.

    Attributes:
        name: for the command line and the table.
        holds: what must hold, in a sentence.
        play: plays it; what does not hold is noted on the stage.
        is_long: whether it is left out unless it is asked for: it takes minutes.
        is_in_suite: whether `make test` plays it too.
    """

    name: str
    expectation: str
    run: Callable[[Harness], None]
    is_long: bool = False
    is_in_suite: bool = False
