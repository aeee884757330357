"""Scenarios of `make torture`: each a trouble that was seen to break something, and what must hold.

`SCENARIOS` is the list; `tests.torture.scenario_runner` plays them.
"""

from __future__ import annotations

from tests.torture.scenarios import (
    clocks,
    combined,
    database_faults,
    late_repeats,
    logins,
    opt_outs,
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
    *combined.SCENARIOS,
)
