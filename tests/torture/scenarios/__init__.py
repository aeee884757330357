"""Scenarios of `make torture`: each a trouble that was seen to break something, and what must hold.

`SCENARIOS` is the list; `tests.torture.perform` plays them.
"""

from __future__ import annotations

from tests.torture.scenarios import clocks, commits, late, logins, medley, outages, people, places
from tests.torture.scenarios.scenario import Scenario

SCENARIOS: tuple[Scenario, ...] = (
    *logins.SCENARIOS,
    *clocks.SCENARIOS,
    *commits.SCENARIOS,
    *late.SCENARIOS,
    *outages.SCENARIOS,
    *places.SCENARIOS,
    *people.SCENARIOS,
    *medley.SCENARIOS,
)
