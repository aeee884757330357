"""The rows that every history starts with, and their constants."""

from __future__ import annotations

from campaigns.planning.plan import plan_run
from sending.states import RunState
from tests.campaigns.factories import make_account, make_campaign, make_list, make_run

ACCOUNTS, FRIENDS = 3, 3
FIRST_ACCOUNT, FIRST_FRIEND = 20_001, 90_001
#: Run name -> text. A message's run is recognised by the first word of its text.
RUNS = {"one": "one and the same", "two": "two {{ uin }}"}


def run_name(text: str) -> str:
    """Return the name of the run that a text belongs to."""
    return text.partition(" ")[0]


def make_initial_data() -> None:
    """Fill an empty schema with accounts, their friends and two runs, planned but not started."""
    accounts = [
        make_account(
            FIRST_ACCOUNT + n,
            friends=range(FIRST_FRIEND + n * FRIENDS, FIRST_FRIEND + (n + 1) * FRIENDS),
        )
        for n in range(ACCOUNTS)
    ]
    uins = range(FIRST_FRIEND, FIRST_FRIEND + ACCOUNTS * FRIENDS)
    everybody = make_list("everybody", list(uins))
    for name, text in RUNS.items():
        campaign = make_campaign(name, lists=[everybody], text=text, accounts=accounts)
        run = make_run(campaign, state=RunState.PREPARING, on_lost_account=campaign.on_lost_account)
        assert plan_run(run=run)
