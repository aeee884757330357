"""Fixtures of the tests of sending: a gateway, accounts that it knows, a planned run."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from accounts.models import Account
from campaigns.models import CampaignRun
from campaigns.planning.plan import plan_run
from campaigns.reports.check_sums import check_sums
from qqhttp.simulator import GatewaySimulator
from qqhttp.simulator.population import FIRST_ACCOUNT, FIRST_FRIEND
from sending.models import Delivery
from sending.runs.figures import check_figures, figures_of
from sending.runs.over_time import results_over_time
from sending.states import RunState
from tests.campaigns.factories import make_account, make_campaign, make_list, make_run

#: The function that the fixture `start` returns.
Start = Callable[..., CampaignRun]
ACCOUNTS, FRIENDS = 4, 12
#: Columns that `start` gives to the run; the others are of the campaign.
OF_RUN = ("windows", "deadline_at", "calendar", "overrides_quiet_hours", "timezone")


@pytest.fixture
def gateway() -> Iterator[GatewaySimulator]:
    """A gateway of four accounts with twelve friends each, whose penalty is short."""
    with GatewaySimulator(accounts=ACCOUNTS, friends=FRIENDS, penalty=0.3) as simulator:
        yield simulator


@pytest.fixture
def engine(
    transactional_db: None, clean_redis: Any, gateway: GatewaySimulator, settings: Any
) -> GatewaySimulator:
    """The gateway, with the settings pointing at it, short timeouts, and logins without turns."""
    settings.QQ_GATEWAY_URL = gateway.url
    settings.QQ_READ_TIMEOUT = 1.0
    settings.QQ_CONNECT_TIMEOUT = 1.0
    settings.QQ_LOGINS_PER_SECOND = 0.0
    return gateway


@pytest.fixture
def senders(engine: GatewaySimulator) -> list[Account]:
    """The gateway's accounts, with their friends."""
    return [known_account(number) for number in range(ACCOUNTS)]


@pytest.fixture
def sender(engine: GatewaySimulator, senders: list[Account]) -> Account:
    """An account of a gateway whose heartbeat is a second."""
    engine.control.change(heartbeat=1)
    return senders[0]


@pytest.fixture
def start(engine: GatewaySimulator) -> Start:
    """A function that makes and plans a run: `start(accounts=[..], text=..)`."""

    def start_run(*, accounts: Sequence[Account], text: str = "hi", **columns: Any) -> CampaignRun:
        uins = sorted({f for a in accounts for f in a.friends.values_list("uin", flat=True)})
        name = columns.pop("name", "spring")
        members = make_list(name, uins)
        of_run = {key: columns.pop(key) for key in list(columns) if key in OF_RUN}
        campaign = make_campaign(name, lists=[members], text=text, accounts=accounts, **columns)
        run = make_run(
            campaign, state=RunState.PREPARING, on_lost_account=campaign.on_lost_account, **of_run
        )
        assert plan_run(run=run)
        run.refresh_from_db()
        return run

    return start_run


def known_account(number: int, *, friends: int = FRIENDS, **columns: Any) -> Account:
    """Make the gateway's account of this number."""
    uin = FIRST_ACCOUNT + number
    return make_account(
        uin,
        friends=friends_of(number, friends),
        credential=hashlib.md5(f"pw-{uin}".encode()).hexdigest(),
        **{"min_interval": 0.0, **columns},
    )


def friends_of(number: int, count: int = FRIENDS) -> list[int]:
    """Return the UINs of an account's friends at the gateway."""
    first = FIRST_FRIEND + number * FRIENDS
    return list(range(first, first + count))


def states_of(run: CampaignRun) -> dict[str, int]:
    """Return the number of a run's deliveries by state."""
    counted: dict[str, int] = {}
    for state in Delivery.objects.filter(run=run).values_list("state", flat=True):
        counted[state] = counted.get(state, 0) + 1
    return counted


def is_finished(run: CampaignRun) -> bool:
    """Return whether the run has finished."""
    return CampaignRun.objects.filter(pk=run.pk, state=RunState.FINISHED).exists()


def assert_exact(run: CampaignRun, gateway: GatewaySimulator) -> None:
    """Assert that each person got the message once and every figure is right."""
    run.refresh_from_db()
    owed = [
        (uin, text if text is not None else run.text)
        for uin, text in Delivery.objects.filter(run=run, state="sent").values_list("uin", "text")
    ]
    check = gateway.control.check(owed)
    assert check.is_exact, check
    assert gateway.control.figures().repeats_of_other == 0
    assert check_figures(run=run) == []
    assert check_sums(run) == []
    # The results by minute are the results by code, spread over time (decision 0049).
    by_minute = results_over_time(run=run).codes
    assert {code: sum(steps) for code, steps in by_minute.items()} == figures_of(run=run).res
