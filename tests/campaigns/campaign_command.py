"""What the tests of the command `campaign` share: an audience, and runs of it."""

from __future__ import annotations

from typing import Any

from campaigns.models import CampaignRun
from campaigns.planning.plan import plan_run
from campaigns.run_control.lifecycle import start_campaign
from contacts.models import ContactList
from sending.models import Delivery
from sending.states import RunState
from tests.campaigns.factories import make_account, make_campaign, make_list
from tests.commandline import manage

PEOPLE = range(100_000, 100_004)
TEXT = "-你好 100% & more = fine + hi \"q\" 's'\r\nnext\nline 😀"


def make_members() -> ContactList:
    """Return a list of four people, and make three accounts, of which one can send to them."""
    make_account(20_001, friends=PEOPLE)
    make_account(20_002)
    make_account(20_003)
    return make_list("会员 A", PEOPLE, city="上海")


def create(*arguments: object, name: str = "春 节") -> Any:
    """Create a campaign to the list, and return the answer of the command."""
    return manage("campaign", "create", name, "--list", "会员 A", *arguments)


def a_running_campaign() -> CampaignRun:
    """Return a run to the list that has been planned."""
    campaign = make_campaign("spring", lists=[ContactList.objects.get()])
    run = start_campaign(campaign=campaign)
    assert plan_run(run=run)
    run.refresh_from_db()
    return run


def finish(run: CampaignRun, **columns: Any) -> None:
    """Finish a run as if every message was sent."""
    Delivery.objects.filter(run=run).update(**{"state": "sent", "last_res": "0", **columns})
    CampaignRun.objects.filter(pk=run.pk).transition(to=RunState.FINISHED)
