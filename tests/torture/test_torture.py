"""A short torture in the suite; `make torture` is the long one."""

from __future__ import annotations

import os

import pytest

from tests.torture.torture import Plan, torture

pytestmark = [pytest.mark.stack, pytest.mark.django_db]
KILLS, SECONDS = 15, 40.0


@pytest.mark.timeout(400)
def test_nothing_is_lost_and_nothing_is_sent_twice_whatever_is_killed() -> None:
    database = "postgresql" if "postgres" in os.environ.get("DATABASE_URL", "") else "sqlite"
    said: list[str] = []
    plan = Plan(database, kills=KILLS, seconds=SECONDS, accounts=10, friends=60)
    with torture(plan, log=said.append) as one:
        verdict = one.run()
        assert verdict.violations == [], "\n".join(said)
        assert one.killer.kills.total() >= 3
        assert verdict.sent >= len(one.people)
