"""The scenarios of `make torture`: each injects faults that once broke something.

`SCENARIOS` lists them; `tests.torture.scenario_runner` runs them.
"""

from __future__ import annotations

from tests.torture.scenarios import (
    clocks,
    combined,
    conversations,
    database_faults,
    late_repeats,
    logins,
    opt_outs,
    other_programs,
    outages,
    rate_windows,
)
from tests.torture.scenarios.scenario import Scenario

SCENARIOS: tuple[Scenario, ...] = (
    *logins.SCENARIOS,
    *clocks.SCENARIOS,
    *database_faults.SCENARIOS,
    *late_repeats.SCENARIOS,
    *outages.SCENARIOS,
    *rate_windows.SCENARIOS,
    *opt_outs.SCENARIOS,
    *conversations.SCENARIOS,
    *other_programs.SCENARIOS,
    *combined.SCENARIOS,
)
