"""Scenarios of `make torture`: each a trouble that was seen to break something, and what must hold.

`SCENARIOS` is the list; `tests.torture.perform` plays them.
"""

from __future__ import annotations

from tests.torture.scenarios import logins
from tests.torture.scenarios.scenario import Scenario

SCENARIOS: tuple[Scenario, ...] = (*logins.SCENARIOS,)
