"""Accounts show what their schedules say, are logged out when nothing is owed, and come back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.account_tasks import request_account_task
from accounts.keep_schedules import set_schedule
from accounts.models import Account, AccountPool, AccountTask, AccountTaskKind, Session
from accounts.show_status import show_status
from accounts.states import AccountState, PresenceStatus
from accounts.status_schedules import read_schedule
from clocks import shared
from contacts.models import Contact
from foundation.refusals import Refusal
from qqhttp.simulator import GatewaySimulator
from sending.models import Delivery
from sending.status_schedule import MOST_A_TICK, follow_schedules
from tests.campaigns.factories import (
    make_account,
    make_campaign,
    make_delivery,
    make_list,
    make_run,
)
from tests.commandline import manage
from tests.sending.inboxes import logged_in
from tests.sending.test_friend_schedule import asked, make_sender
from tests.sending.test_own_status import status_at
from tests.sending.working import LocalWorker, wait_until

WORK = "online mon-fri=09:00-18:00\nbusy mon-fri=12:00-13:00\notherwise logged-out"
#: A Monday in Shanghai.
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def _at(clock: str, *, zone_hours: int = 8, day: int = 0) -> datetime:
    hours, minutes = map(int, clock.split(":"))
    return MONDAY + timedelta(days=day, hours=hours - zone_hours, minutes=minutes)


def _read(text: str, zone: str = "Asia/Shanghai") -> Any:
    schedule = read_schedule(text, zone=zone)
    assert schedule is not None
    return schedule


def test_the_first_line_whose_hours_hold_counts() -> None:
    schedule = _read("busy mon-fri=12:00-13:00\n在线 mon-fri=09:00-18:00\n其他 离线")
    said = [schedule.status_at(_at(clock)) for clock in ("08:59", "09:00", "12:30", "13:00")]
    assert said == ["logged-out", "online", "busy", "online"]
    assert schedule.status_at(_at("10:00", day=5)) == "logged-out"
    assert _read(schedule.text).lines == schedule.lines
    assert schedule.next_change(_at("12:30")) == _at("13:00")
    assert schedule.next_change(_at("18:00", day=4)) == _at("09:00", day=7)
    assert _read("otherwise busy").next_change(_at("12:00")) is None


def test_hours_over_midnight_and_over_a_change_of_the_clocks() -> None:
    night = _read("invisible sun=22:00-03:00\notherwise online", zone="Europe/Berlin")
    # The clocks go from 02:00 to 03:00 on 29 March 2026: the night ends an hour sooner.
    assert night.status_at(datetime(2026, 3, 29, 21, tzinfo=UTC)) == "invisible"
    late = _read("busy sat=23:00-02:30\notherwise online", zone="Europe/Berlin")
    assert late.status_at(datetime(2026, 3, 29, 0, 59, tzinfo=UTC)) == "busy"
    assert late.status_at(datetime(2026, 3, 29, 1, 0, tzinfo=UTC)) == "online"
    changes = late.next_change(datetime(2026, 3, 28, 23, tzinfo=UTC))
    assert changes == datetime(2026, 3, 29, 1, tzinfo=UTC)
    # They show 02:00 to 03:00 twice on 25 October: it is busy at both.
    assert late.status_at(datetime(2026, 10, 25, 0, 15, tzinfo=UTC)) == "busy"
    assert late.status_at(datetime(2026, 10, 25, 1, 15, tzinfo=UTC)) == "busy"


@pytest.mark.parametrize(
    "text",
    ["online", "online mon=09:00-18:00", "away mon=09:00-18:00\notherwise busy", "otherwise x"],
)
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(Refusal):
        read_schedule(text)
    with pytest.raises(Refusal):
        read_schedule("otherwise busy", zone="Asia/Nowhere")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that sets what time the schedules see."""

    def set_to(at: datetime) -> None:
        monkeypatch.setattr("sending.status_schedule.shared.wall", lambda: at)

    return set_to


def _scheduled(account: Account, text: str = WORK) -> Account:
    set_schedule(account=account, schedule=_read(text))
    Session.objects.filter(account=account).update(opened_at=MONDAY - timedelta(days=1))
    return account


def _presence(account: Account) -> int:
    account.refresh_from_db()
    return account.presence


@pytest.mark.django_db
@pytest.mark.usefixtures("clean_redis")
def test_a_status_is_shown_and_a_choice_by_hand_holds_until_the_next_change(clock: Any) -> None:
    text = "busy mon-fri=12:00-13:00\notherwise online"
    account = _scheduled(make_sender(20_001), text)
    clock(_at("12:10"))
    follow_schedules()
    follow_schedules()
    assert _presence(account) == PresenceStatus.BUSY
    assert asked() == {"status": [20_001]}
    show_status(account=account, status=PresenceStatus.INVISIBLE)
    clock(_at("12:50"))
    follow_schedules()
    assert _presence(account) == PresenceStatus.INVISIBLE
    # Every tick around 13:00 was missed.
    clock(_at("16:00"))
    follow_schedules()
    assert _presence(account) == PresenceStatus.ONLINE
    # The clock steps back into the lunch break, and the state follows.
    clock(_at("12:40"))
    follow_schedules()
    assert _presence(account) == PresenceStatus.BUSY


@pytest.mark.django_db
@pytest.mark.usefixtures("clean_redis")
def test_it_is_logged_out_when_nothing_is_owed_and_in_again_at_its_hours(clock: Any) -> None:
    owing, idle = _scheduled(make_sender(20_001)), _scheduled(make_sender(20_002))
    run = make_run(make_campaign(lists=[make_list("l", [10_101])]))
    delivery = make_delivery(run, Contact.objects.get(), account=owing, state="pending")
    clock(_at("17:00"))
    follow_schedules()
    assert asked() == {}  # both are logged in
    clock(_at("18:01"))
    follow_schedules()
    follow_schedules()
    assert asked() == {"logout": [20_002]}
    Delivery.objects.filter(pk=delivery.pk).update(state="sent")
    follow_schedules()
    assert sorted(asked()["logout"]) == [20_001, 20_002]
    AccountTask.objects.update(state="done")
    Session.objects.update(ended_at=MONDAY)
    follow_schedules()
    assert asked() == {}
    clock(_at("09:00", day=1))
    follow_schedules()
    follow_schedules()
    assert sorted(asked()["login"]) == [20_001, 20_002]
    # What an operator logs out within the hours stays logged out.
    AccountTask.objects.update(state="done")
    clock(_at("10:00", day=1))
    follow_schedules()
    assert asked() == {}
    assert _presence(idle) == PresenceStatus.ONLINE


@pytest.mark.django_db
@pytest.mark.usefixtures("clean_redis")
def test_they_come_in_waves_and_stopped_ones_wait(
    clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sending.status_schedule.MOST_A_TICK", 2)
    assert MOST_A_TICK > 2
    for uin in range(20_001, 20_006):
        _scheduled(make_account(uin))
    stopped = _scheduled(make_account(20_009, state=AccountState.DISABLED))
    clock(_at("09:00"))
    for logins in (2, 4, 5, 5):
        follow_schedules()
        assert len(asked()["login"]) == logins
    Account.objects.filter(pk=stopped.pk).update(state=AccountState.NEW)
    follow_schedules()
    assert 20_009 in asked()["login"]


def test_through_the_gateway(engine: GatewaySimulator, sender: Account) -> None:
    set_schedule(account=sender, schedule=_read("otherwise busy"))
    with LocalWorker() as worker:
        logged_in(sender)
        follow_schedules()
        wait_until(lambda: status_at(engine, sender) == PresenceStatus.BUSY, what="busy")
        set_schedule(account=sender, schedule=_read("otherwise logged-out"))
        wait_until(lambda: not AccountTask.objects.open().exists(), what="the end of the task")
        Session.objects.update(opened_at=shared.wall() - timedelta(hours=1))
        follow_schedules()
        wait_until(lambda: not Session.objects.filter(ended_at=None).exists(), what="the logout")
        set_schedule(account=sender, schedule=_read("otherwise invisible"))
        Account.objects.update(status_scheduled="logged-out")
        follow_schedules()
        wait_until(lambda: status_at(engine, sender) == PresenceStatus.INVISIBLE, what="invisible")
        assert worker.deaths == []


@pytest.mark.django_db
def test_the_command_sets_shows_and_takes_off() -> None:
    account = make_account(20_001)
    pool = AccountPool.objects.create(name="day")
    pool.accounts.add(account)
    lines = ["--status", "online mon-fri=09:00-18:00", "--otherwise", "logged-out"]
    zone = ["--timezone", "Asia/Shanghai", "--json"]
    made = manage("accounts", "schedule", "--pool", "day", *lines, *zone)
    assert made.status == 0, made.err
    shown = manage("accounts", "status", 20_001, "--json").json[0]
    assert shown["shown_as"] == "online"
    assert shown["schedule"]["text"] == "online mon-fri=09:00-18:00\notherwise logged-out"
    assert shown["schedule"]["timezone"] == "Asia/Shanghai"
    assert {shown["schedule"]["now"], shown["schedule"]["then"]} == {"online", "logged-out"}
    assert manage("accounts", "schedule", 20_001, "--status", "away 09:00-10:00").status == 1
    assert manage("accounts", "schedule", 20_001).status == 2
    assert manage("accounts", "schedule", 20_001, "--off").status == 0
    assert manage("accounts", "status", 20_001, "--json").json[0]["schedule"] is None


def test_the_action_in_the_console(admin_client: Client) -> None:
    accounts = [make_account(20_001), make_account(20_002)]
    pool = AccountPool.objects.create(name="day")
    pool.accounts.set(accounts[:1])
    for page, keys in (("account", [one.pk for one in accounts]), ("accountpool", [pool.pk])):
        Account.objects.update(status_schedule="", status_zone="")
        url = reverse(f"admin:accounts_{page}_changelist")
        asks = {"action": "act_schedule", "_selected_action": keys}
        assert 'name="schedule"' in admin_client.post(url, asks).content.decode()
        wrong = admin_client.post(url, {**asks, "is_confirmed": "1", "schedule": "away"})
        assert "away" in wrong.content.decode()
        said = {"schedule": "otherwise busy", "zone": "Asia/Shanghai"}
        done = admin_client.post(url, {**asks, "is_confirmed": "1", **said}, follow=True)
        assert done.status_code == 200
        assert Account.objects.filter(status_schedule="otherwise busy").count() == len(keys)
    url = reverse("admin:accounts_account_change", args=[accounts[0].pk])
    assert "Schedule" in admin_client.get(url).content.decode()


@pytest.mark.django_db
@pytest.mark.usefixtures("clean_redis")
def test_an_open_task_keeps_an_account_logged_in(clock: Any) -> None:
    account = _scheduled(make_sender(20_001))
    request_account_task(account=account, kind=AccountTaskKind.PRESENCE)
    clock(_at("20:00"))
    follow_schedules()
    assert asked() == {"presence": [20_001]}
