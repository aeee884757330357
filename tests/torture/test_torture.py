"""A short torture; `make torture` runs a long one."""

from __future__ import annotations

import os

import pytest

from tests.torture.torture import Plan, torture

pytestmark = [pytest.mark.stack, pytest.mark.django_db, pytest.mark.both_databases]
KILLS, SECONDS = 15, 40.0


@pytest.mark.timeout(400)
def test_no_message_is_lost_or_sent_twice_when_parts_are_killed() -> None:
    database = "postgresql" if "postgres" in os.environ.get("DATABASE_URL", "") else "sqlite"
    lines: list[str] = []
    plan = Plan(database, kills=KILLS, seconds=SECONDS, accounts=10, friends=60)
    with torture(plan, log=lines.append) as one:
        verdict = one.run()
        assert verdict.violations == [], "\n".join(lines)
        assert one.killer.kills.total() >= 3
        assert verdict.sent >= len(one.people)
