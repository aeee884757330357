"""Runs the scenarios that are short enough for an exhaustive run; `make torture` runs all."""

from __future__ import annotations

import pytest

from tests.torture.scenario_runner import run_scenario
from tests.torture.scenarios import SCENARIOS
from tests.torture.scenarios.scenario import Scenario

SHORT = [one for one in SCENARIOS if one.is_in_suite]


@pytest.mark.stack
@pytest.mark.exhaustive
@pytest.mark.one_database
@pytest.mark.timeout(300)
@pytest.mark.parametrize("scenario", SHORT, ids=lambda one: one.name)
def test_a_short_scenario_passes(scenario: Scenario) -> None:
    result = run_scenario(scenario)
    if result.skipped:
        pytest.skip(result.skipped)
    assert result.failures == [], result.line


def test_scenario_names_are_unique() -> None:
    names = [one.name for one in SCENARIOS]
    assert len(names) == len(set(names))
