"""The settings of retention: after how many days each kind of data is removed; 0 keeps it."""

from __future__ import annotations

from collections.abc import Mapping

from qqcampaign.environment import read_number

#: The defaults: what people are owed and what figures are made of is kept.
DEFAULTS = {
    "RETENTION_TEXTS_DAYS": 0.0,
    "RETENTION_ATTEMPTS_DAYS": 0.0,
    "RETENTION_INBOUND_DAYS": 0.0,
    "RETENTION_RUNS_DAYS": 0.0,
    "RETENTION_NOTIFICATIONS_DAYS": 90.0,
    "RETENTION_REQUESTS_DAYS": 30.0,
}


def read_retention(
    environ: Mapping[str, str], _name: str, default: dict[str, float]
) -> dict[str, float]:
    """Return all settings of retention.

    Raises:
        EnvironmentProblem: one of them is not a number, 0 or more.
    """
    return {name: read_number(environ, name, days) for name, days in default.items()}
