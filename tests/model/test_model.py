"""Some short histories of the engine in virtual time. `make torture` runs thousands."""

from __future__ import annotations

import pytest
from hypothesis.stateful import run_state_machine_as_test

from tests.model.machine import EngineMachine, profile

#: Few, and the same each time: what is found at random is found by `make torture MODEL=1`.
HISTORIES = 8


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("model_database")
def test_whatever_happens_in_any_order() -> None:
    run_state_machine_as_test(
        EngineMachine, settings=profile(histories=HISTORIES, steps=8, is_same=True)
    )
