"""Messages that wait for their person to be online, up to a limit."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import Account, Egress, Friend, Session
from accounts.states import FriendPresence
from campaigns.approvals.definition import definition_of
from campaigns.creation.online_wait import refuse_wait_and_test
from campaigns.models import Campaign, CampaignRun
from campaigns.planning.plan import plan_run
from campaigns.planning.preflight import preflight
from campaigns.reports.waiting_reasons import delivery_waiting_reason, run_waiting_reasons
from campaigns.run_control.new_run import make_run
from clocks import shared
from foundation.refusals import Refusal
from qqhttp.simulator import GatewaySimulator, profiles
from sending import online_waits
from sending.models import Delivery, Run, RunEvent
from sending.online_waits import release_who_is_online, waiting
from sending.runs.figures import check_figures
from sending.states import RunState
from sending.wake_ups.accounts_with_work import idle_leases_with_work
from tests.campaigns.factories import make_account, make_campaign, make_list
from tests.commandline import manage
from tests.sending.conftest import Start, friends_of, is_finished
from tests.sending.inboxes import logged_in
from tests.sending.working import LocalWorker, wait_until

PEOPLE = range(100_000, 100_006)


def waiting_run(campaign: Campaign, **columns: Any) -> CampaignRun:
    """Return a run of a campaign that waits six hours, planned."""
    Campaign.objects.filter(pk=campaign.pk).update(online_within=6 * 3600, **columns)
    campaign.refresh_from_db()
    run = make_run(campaign, starts_at=None)
    Run.objects.filter(pk=run.pk).update(state=RunState.PREPARING)
    run.refresh_from_db()
    assert plan_run(run=run)
    run.refresh_from_db()
    return run


def come_online(account: Account, *uins: int, hours_ago: float = 0) -> None:
    """Store that friends of a logged-in account are online."""
    egress = Egress.objects.get_or_create(name="here")[0]
    if not Session.objects.filter(account=account, ended_at=None).exists():
        now = shared.wall()
        Session.objects.create(
            account=account, egress=egress, opened_at=now, last_used_at=now, poll_at=now
        )
    Friend.objects.filter(account=account, uin__in=uins).update(
        presence=FriendPresence.ONLINE, seen_online_at=shared.wall() - timedelta(hours=hours_ago)
    )


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_each_gets_it_when_online_and_the_others_at_the_limit(
    engine: GatewaySimulator, sender: Account, start: Start
) -> None:
    mine = friends_of(0)
    members = make_list("all", mine)
    run = waiting_run(make_campaign("patient", lists=[members], accounts=[sender]))
    with LocalWorker() as worker:
        logged_in(sender)
        engine.control.set_friend_status(uin=mine[3], status=profiles.OFFLINE)
        engine.control.set_friend_status(uin=mine[4], status=profiles.ONLINE)
        wait_until(lambda: release_who_is_online() == 1, what="the presence")
        wait_until(lambda: len(engine.control.messages()) == 1, what="the message")
        other = start(accounts=[sender], name="other", text="other")
        wait_until(lambda: is_finished(other), what="a run that does not wait")
        assert [m.un for m in engine.control.messages() if m.text == run.text] == [mine[4]]
        time.sleep(0.7)
        assert not is_finished(run)
        Run.objects.filter(pk=run.pk).update(online_until=shared.wall())
        assert release_who_is_online() == len(mine) - 1
        wait_until(lambda: is_finished(run), what="the end of the run")
        assert worker.deaths == []
    sent = [m.un for m in engine.control.messages() if m.text == run.text]
    assert sent[0] == mine[4]
    assert sorted(sent) == sorted(mine)
    assert not check_figures(run=run)
    assert RunEvent.objects.filter(run=run, detail__contains="sent now").exists()


@pytest.fixture
def account(db: None) -> Account:
    return make_account(20_001, friends=PEOPLE)


@pytest.fixture
def campaign(account: Account) -> Campaign:
    return make_campaign("patient", lists=[make_list("all", PEOPLE)], accounts=[account])


def test_what_waits_is_no_work_and_keeps_its_place(account: Account, campaign: Campaign) -> None:
    run = waiting_run(campaign)
    assert waiting(run).count() == len(PEOPLE)
    assert not idle_leases_with_work(run_ids=[run.pk]).exists()
    come_online(account, PEOPLE[2])
    assert release_who_is_online() == 1
    assert idle_leases_with_work(run_ids=[run.pk]).exists()
    assert [one.uin for one in Delivery.objects.filter(run=run, rank=0)] == [PEOPLE[2]]
    assert release_who_is_online() == 0


@pytest.mark.parametrize("case", ["offline", "busy", "old", "not logged in", "no friend any more"])
def test_who_is_not_known_to_be_online_waits(
    case: str, account: Account, campaign: Campaign
) -> None:
    run = waiting_run(campaign)
    come_online(account, *PEOPLE, hours_ago=25 if case == "old" else 0)
    if case in ("offline", "busy"):
        presence = FriendPresence.OFFLINE if case == "offline" else FriendPresence.BUSY
        Friend.objects.update(presence=presence)
    if case == "not logged in":
        Session.objects.update(ended_at=shared.wall())
    if case == "no friend any more":
        Friend.objects.update(ended_at=shared.wall())
    assert release_who_is_online() == 0
    assert waiting(run).count() == len(PEOPLE)


def test_nothing_is_released_while_the_window_is_closed(
    account: Account, campaign: Campaign
) -> None:
    run = waiting_run(campaign)
    come_online(account, *PEOPLE)
    opens, closes = (shared.wall() + timedelta(hours=hours) for hours in (12, 13))
    window = f"{opens:%H:%M}-{closes:%H:%M}"
    Run.objects.filter(pk=run.pk).update(windows=window, timezone="UTC")
    assert release_who_is_online() == 0
    Run.objects.filter(pk=run.pk).update(windows="")
    assert release_who_is_online() == len(PEOPLE)


def test_a_tick_looks_at_some_accounts_and_the_next_one_goes_on(
    monkeypatch: pytest.MonkeyPatch, account: Account, campaign: Campaign
) -> None:
    other = make_account(20_002, friends=range(200_000, 200_003))
    campaign.lists.add(make_list("others", range(200_000, 200_003)))
    campaign.accounts.add(other)
    waiting_run(campaign)
    come_online(account, *PEOPLE)
    come_online(other, 200_001)
    monkeypatch.setattr(online_waits, "ACCOUNTS", 1)
    assert [release_who_is_online() for _tick in range(4)] == [6, 1, 0, 0]


def test_why_it_waits_is_said(account: Account, campaign: Campaign) -> None:
    run = waiting_run(campaign)
    come_online(account, PEOPLE[0])
    release_who_is_online()
    reasons = [reason.sentence for reason in run_waiting_reasons(run=run)]
    held = Delivery.objects.filter(run=run, rank__lt=0).first()
    assert held is not None
    reasons.append(delivery_waiting_reason(delivery=held).sentence)
    assert any("5 messages wait for their person to be online" in one for one in reasons) or any(
        "No worker is running" in one for one in reasons
    )
    assert "1 message waits for its person to be online" in reasons[-1]


def test_the_wait_is_part_of_what_is_approved_and_rehearsed(campaign: Campaign) -> None:
    before = definition_of(campaign).rule_hash
    campaign.online_within = 3600
    campaign.deadline_after = 1800
    campaign.save()
    assert definition_of(campaign).rule_hash != before
    assert "online_within" in json.dumps(definition_of(campaign).stored)
    warnings = " ".join(preflight(campaign=campaign).warnings)
    assert "at most 1 h after planning" in warnings
    assert "The deadline comes before the end of that wait" in warnings


@pytest.mark.usefixtures("account")
def test_the_command_takes_a_wait_and_refuses_what_it_cannot_read() -> None:
    make_list("all", PEOPLE)
    create = ("campaign", "create")
    rest = ("--list", "all", "--text", "hi", "--json")
    said = manage(*create, "patient", "--online-within", "6h", *rest)
    assert (said.status, said.json["online_within"]) == (0, "6h")
    assert Campaign.objects.get().online_within == 6 * 3600
    for wrong in ("soon", "0h", "31d"):
        said = manage(*create, "other", "--online-within", wrong, *rest)
        assert (said.status, said.json["error"]) == (1, "online_wait_malformed")


def test_a_test_of_variants_and_a_wait_exclude_each_other() -> None:
    refuse_wait_and_test(waits=True, tests=False)
    with pytest.raises(Refusal) as refusal:
        refuse_wait_and_test(waits=True, tests=True)
    assert refusal.value.code == "online_wait_and_test"
