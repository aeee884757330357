"""A few short random histories; `make torture MODEL=1` runs thousands."""

from __future__ import annotations

import pytest
from hypothesis import seed
from hypothesis.stateful import run_state_machine_as_test

from tests.model.hypothesis_settings import profile
from tests.model.state_machine import EngineMachine

STEPS = 8
#: Every run draws the same histories: `make torture MODEL=1` searches at random. Hypothesis's own
#: `derandomize` would draw others after each edit of the state machine's source.
SEED = 1


@seed(SEED)
class SeededMachine(EngineMachine):
    """The state machine with a fixed seed."""


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "histories",
    [pytest.param(3, marks=pytest.mark.partial), pytest.param(8, marks=pytest.mark.exhaustive)],
)
@pytest.mark.usefixtures("model_database")
def test_invariants_hold_in_random_histories(histories: int) -> None:
    run_state_machine_as_test(SeededMachine, settings=profile(histories=histories, steps=STEPS))
