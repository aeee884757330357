"""The whole way in a real browser: a weekly campaign from its parts to its follow-up, by clicks.

An operator who knows the console from its words alone makes it all; a second one approves. Real
lanes send to a real gateway over sockets; only the time is driven. On each page that somebody looks
at, every figure must lead to as many rows.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.cache import cache

from campaigns.models import Approval, Campaign, CampaignRun
from campaigns.tasks import advance_all_runs
from qqhttp.simulator import GatewaySimulator
from sending.models import Delivery
from sending.reconcile import reconcile
from sending.states import RunState
from tests.campaigns.weekly import (
    CURVE,
    EXTRA,
    FOLLOW_UP,
    NEW,
    WEEKLY,
    at,
    done,
    driven_time,
    first_monday,
    holiday_file,
    is_held_back,
    make_accounts,
    newest,
    reply,
    sent_by,
    three_accounts,
    write,
)
from tests.console.browsing_operator import BrowsingOperator
from tests.driven_time import DrivenTime
from tests.sending.working import LocalWorker, wait_until

# On both databases with --all, as the way by the command line is.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
#: A folder for pictures to be looked at; none are taken without it.
PICTURES = os.environ.get("WHOLE_WAY_PICTURES", "")
APPROVER = ["view_campaign", "view_campaignrun", "view_contact", "approve_campaign"]
WINDOWS = "09:00-11:30, 14:00-18:00"


@pytest.fixture
def gateway() -> Iterator[GatewaySimulator]:
    with three_accounts() as simulator:
        yield simulator


@pytest.fixture
def time(
    transactional_db: None,
    clean_redis: Any,
    gateway: GatewaySimulator,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> DrivenTime:
    return driven_time(gateway, settings, monkeypatch)


def make_user(name: str, *, rights: list[str] | None = None) -> User:
    user = User.objects.create_user(name, password=name, is_staff=True, is_superuser=not rights)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights or ()))
    return user


def make_parts(author: BrowsingOperator, accounts: list[int], calendar: Path) -> None:
    """Make pools, a warm-up and a calendar, by clicks."""
    for name, members in (("老号", [one for one in accounts if one != NEW]), ("新号", [NEW])):
        author.go("Pools")
        author.add("pool")
        author.fill(name=name)
        author.choose("accounts", *members)
        author.save()
    author.go("Warm-up curves")
    author.add("warm-up curve")
    author.fill(name="慢", limits=", ".join(map(str, CURVE)))
    author.save()
    author.go("Accounts")
    author.page.locator("tr", has_text=str(NEW)).locator(".action-select").check()
    author.page.locator("select[name=action]").select_option(label="Warm up")
    author.press("Run")
    author.page.locator("select[name=curve]").select_option(label="慢")
    author.press("Warm up")
    author.says("1 account warms up")
    author.go("Holidays")
    author.follow("Import a file")
    author.page.set_input_files("input[name=file]", calendar)
    author.fill(name="假期")
    author.press("Import")
    author.says("1 date was imported.")


def make_weekly(author: BrowsingOperator) -> None:
    """Write the weekly campaign, by clicks."""
    page = author.page
    author.go("Campaigns")
    author.follow("New, all settings")
    author.fill(name=WEEKLY)
    author.choose("lists", "会员")
    author.choose("pools", "老号", "新号")
    page.select_option("[name=repeat_0]", "weekly")
    page.locator(".q-day", has_text="Monday").locator("input").check()
    author.fill(repeat_1="09:30", repeat_times=3)
    page.locator("[data-dates] li", has_text="09:30 (Asia/Shanghai)").nth(2).wait_for()
    author.unfold("Variants and holdout")
    author.fill(variants_0_name="A", variants_0_text="您好 {{ name }}")
    author.fill(variants_1_name="B", variants_1_text="{{ name }}，早上好", holdout=20)
    author.unfold("How often a person may be written to")
    author.fill(cap_most=2, cap_days=7)
    author.unfold("Who sends to whom, and in which order")
    author.fill(pool_shares="老号=3, 新号=1")
    author.unfold("At what hours, and how fast")
    author.fill(**{f"windows_{day}": WINDOWS for day in range(5)})
    page.select_option("[name=holidays]", label="假期")
    author.unfold("Late starts and the deadline")
    page.select_option("[name=late]", "move")
    author.fill(deadline_after="4h")
    author.unfold("Labels and approval")
    page.check("[name=needs_approval]")
    author.save()
    author.says("Not started yet")


def send(name: str, *, new: int) -> CampaignRun:
    """Let the tick run and lanes send until the new account has sent so many, and others all."""
    with LocalWorker() as worker:
        advance_all_runs()
        run = newest(name)
        wait_until(lambda: is_held_back(run, new=new), what=f"the messages of {name}")
    assert worker.deaths == []
    return run


def end_at_deadline(run: CampaignRun) -> None:
    """Let the reconciler run after the deadline."""
    reconcile()
    reconcile()
    run.refresh_from_db()
    assert run.state == RunState.FINISHED


def look_at_run(author: BrowsingOperator, name: str, run: CampaignRun) -> None:
    """Look at each page of a run: its progress, its variants, its figures."""
    cache.clear()  # pages keep their figures for seconds, and time is driven
    author.go("Campaigns")
    author.follow(name)
    if run.text_shares:
        author.says("Comparison of the variants")
    author.look(f"{name}-{run.number}-page", least=5)
    author.follow("Figures")
    author.says(f"Run {run.number} by account")
    author.look(f"{name}-{run.number}-figures", least=8)


def test_the_whole_way_in_the_browser(
    time: DrivenTime, gateway: GatewaySimulator, tmp_path: Path, chromium: Any, live_server: Any
) -> None:
    monday = first_monday()
    time.move_to(at(monday, hour=8))
    accounts = make_accounts(gateway, tmp_path)
    author = BrowsingOperator(chromium, live_server.url, make_user("author"), pictures=PICTURES)
    make_parts(author, accounts, holiday_file(tmp_path, monday))
    make_weekly(author)

    # Checked.
    author.follow("Preflight")
    author.says("will not be sent before the deadline")
    author.look("preflight", least=6)
    author.press("Rehearse")
    author.says("Every text could be made")

    # Started; approved by a second person.
    author.follow("Start the schedule")
    author.press("Start the schedule")
    author.says("The schedule waits for an approval by a second person.")
    second = BrowsingOperator(
        chromium, live_server.url, make_user("second", rights=APPROVER), pictures=PICTURES
    )
    second.follow("Review")
    second.says("Never approved before")
    second.look("approval", least=6)
    second.fill(comment="好")
    second.press("Approve")
    second.says("is approved")
    assert Approval.objects.get().comment == "好"

    # The first Monday.
    time.move_to(at(monday, hour=9, minute=30))
    first = send(WEEKLY, new=CURVE[0])
    look_at_run(author, WEEKLY, first)
    time.move_to(at(monday, hour=13, minute=31))
    end_at_deadline(first)
    look_at_run(author, WEEKLY, first)

    # One person replies, one opts out.
    replied, gone = sent_by(first, NEW)[0], sent_by(first)[0]
    time.move_to(at(monday, hour=15))
    reply(gateway, first, replied)
    author.go("Contacts")
    author.fill(q=gone)
    author.page.keyboard.press("Enter")
    author.follow(str(gone))
    author.follow("Suppress")
    author.press("Suppress")
    author.says("must not be written to")
    look_at_run(author, WEEKLY, first)

    # The second Monday is a holiday: the date moves to the next window.
    time.move_to(at(monday, day=7, hour=9, minute=30))
    advance_all_runs()
    assert newest().number == 1
    time.move_to(at(monday, day=8, hour=9))
    second_run = send(WEEKLY, new=CURVE[1])
    assert gone not in sent_by(second_run)
    time.move_to(at(monday, day=8, hour=13, minute=1))
    end_at_deadline(second_run)
    look_at_run(author, WEEKLY, second_run)

    # A second message of the week to some: the cap holds for them on the third Monday.
    time.move_to(at(monday, day=9, hour=10))
    busy = sent_by(second_run, 1_000_001)[:3]
    write(tmp_path / "vip.csv", ("uin",), [(uin,) for uin in busy])
    done("import_contacts", tmp_path / "vip.csv", "--list", "VIP")
    author.go("Campaigns")
    author.follow("New, all settings")
    author.fill(name=EXTRA, text="加急")
    author.choose("lists", "VIP")
    author.save()
    author.follow("Start")
    author.press("Start")
    send(EXTRA, new=0)
    time.move_to(at(monday, day=14, hour=9, minute=30))
    third = send(WEEKLY, new=CURVE[2])
    assert not set(busy) & set(sent_by(third))
    time.move_to(at(monday, day=14, hour=13, minute=31))
    end_at_deadline(third)
    look_at_run(author, WEEKLY, third)

    # The follow-up: to those who did not answer, by the same accounts, until its deadline.
    answered = sent_by(third)[0]
    reply(gateway, third, answered)
    author.follow("Progress")
    author.says("There is no date ahead.")
    author.follow("Those who did not reply")
    author.fill(name=FOLLOW_UP, text="{{ name }}，还有问题吗？")
    author.unfold("Late starts and the deadline")
    author.fill(deadline_after="2h")
    author.unfold("Labels and approval")
    author.page.check("[name=needs_approval]")
    author.save()
    time.move_to(at(monday, day=14, hour=14, minute=30))
    author.follow("Start")
    author.press("Start")
    author.says("waits for an approval by a second person")
    second.go("Overview")
    second.follow("Review")
    second.look("approval-2", least=3)
    second.press("Approve")
    second.says("is approved")
    follow_up = send(FOLLOW_UP, new=0)
    owed = dict(Delivery.objects.filter(run=follow_up).values_list("uin", "account_id"))
    before = Delivery.objects.filter(run=third, uin__in=list(owed))
    assert set(owed) == set(sent_by(third)) - {answered}
    assert owed == dict(before.values_list("uin", "account_id"))
    time.move_to(at(monday, day=14, hour=16, minute=31))
    end_at_deadline(follow_up)
    look_at_run(author, FOLLOW_UP, follow_up)
    assert Campaign.objects.count() == 3
    assert author.problems == second.problems == []
