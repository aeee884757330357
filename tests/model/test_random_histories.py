"""A few short random histories; `make torture MODEL=1` runs thousands."""

from __future__ import annotations

import pytest
from hypothesis.stateful import run_state_machine_as_test

from tests.model.state_machine import EngineMachine, profile

#: Every run draws the same histories: `make torture MODEL=1` searches at random. A new name for a
#: rule of the state machine draws others.
HISTORIES = 8


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("model_database")
def test_invariants_hold_in_random_histories() -> None:
    run_state_machine_as_test(
        EngineMachine, settings=profile(histories=HISTORIES, steps=8, is_same=True)
    )
