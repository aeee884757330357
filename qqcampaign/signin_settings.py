"""Settings of signing in: how long a session lasts, and which roles need a second factor."""

from __future__ import annotations

import os
from dataclasses import dataclass

from qqcampaign import environment

ROLES = ("viewer", "operator", "approver", "administrator")


@dataclass(frozen=True)
class SignIn:
    """How long a session lasts, and which roles need a second factor."""

    hours: float
    idle_minutes: float
    second_factor: tuple[str, ...]


def read_sign_in(problems: list[str]) -> SignIn:
    """Return the settings; problems are added to the list."""
    hours = _positive("SESSION_HOURS", 12.0, problems)
    minutes = _positive("SESSION_IDLE_MINUTES", 30.0, problems)
    roles = tuple(environment.read_list(os.environ, "REQUIRE_SECOND_FACTOR", list[str]()))
    unknown = [role for role in roles if role not in ROLES]
    if unknown:
        problems.append(
            f"REQUIRE_SECOND_FACTOR names {unknown[0]!r}, which is no role: write some of "
            f"{', '.join(ROLES)}, separated by commas."
        )
    # An unknown role must not switch the demand off: the others hold, and all for none of them.
    known = tuple(role for role in roles if role in ROLES)
    return SignIn(hours, minutes, known if known or not unknown else ROLES)


def _positive(name: str, default: float, problems: list[str]) -> float:
    try:
        found = environment.read_number(os.environ, name, default)
    except environment.EnvironmentProblem as problem:
        problems.append(str(problem))
        return default
    if found <= 0:
        problems.append(f"{name} is {found:g}: write a number above 0.")
        return default
    return found
