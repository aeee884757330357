"""The page of the calendar: the month, starts and holidays, moving one, and odd addresses."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from campaigns.models import CampaignRun, Holiday, HolidayCalendar
from campaigns.run_control.lifecycle import start_campaign
from contacts.models import DailySize
from tests.campaigns.factories import make_account, make_campaign, make_list

SHANGHAI = ZoneInfo("Asia/Shanghai")
PAGE = "/calendar/"


def scheduled(name: str = "春节预告") -> CampaignRun:
    make_account(20_001, friends=[100_000])
    at = datetime(2031, 5, 14, 9, 30, tzinfo=SHANGHAI)
    campaign = make_campaign(name, starts_at=at, timezone="Asia/Shanghai")
    campaign.lists.set([make_list("会员", [100_000])])
    return start_campaign(campaign=campaign)


def test_a_month_shows_its_starts_and_holidays(operator: Client) -> None:
    scheduled()
    calendar = HolidayCalendar.objects.create(name="own")
    Holiday.objects.create(calendar=calendar, date=date(2031, 5, 1), name="劳动节")
    answer = operator.get(PAGE, {"month": "2031-05"})
    days = {day.date: day for week in answer.context["weeks"] for day in week}
    assert [entry["name"] for entry in days[date(2031, 5, 14)].entries] == ["春节预告"]
    assert days[date(2031, 5, 1)].holidays == ["劳动节"]
    shown = answer.content.decode()
    assert "09:30 春节预告" in shown
    assert "?month=2031-04" in shown
    assert "?month=2031-06" in shown


def test_an_empty_month_says_so(operator: Client) -> None:
    assert (
        "Nothing starts in this month" in operator.get(PAGE, {"month": "2033-01"}).content.decode()
    )


@pytest.mark.parametrize("month", ["", "x", "2031-13", "0001-01", "9999-12", "²", "2031-5-1"])
def test_an_odd_month_is_answered(month: str, operator: Client) -> None:
    assert operator.get(PAGE, {"month": month}).status_code == 200


def test_a_start_is_moved_by_a_drop_and_keeps_its_hour(operator: Client) -> None:
    run = scheduled()
    shown = operator.get(PAGE, {"month": "2031-05"}).content.decode()
    address = reverse("calendar-move", args=[run.pk])
    assert f'data-move="{address}" data-time="09:30"' in shown
    assert "datetime-local" in operator.get(address).content.decode()
    answer = operator.post(address, {"to": "2031-06-02T09:30"}, follow=True)
    assert answer.redirect_chain[-1][0].endswith("?month=2031-06")
    run.refresh_from_db()
    assert run.starts_at == datetime(2031, 6, 2, 9, 30, tzinfo=SHANGHAI)
    assert "starts on 2031-06-02 09:30" in answer.content.decode()


def test_a_refused_move_says_why_and_changes_nothing(operator: Client) -> None:
    run = scheduled()
    before = run.starts_at
    address = reverse("calendar-move", args=[run.pk])
    answer = operator.post(address, {"to": "2020-01-01T09:30"}, follow=True)
    assert "cannot start in the past" in answer.content.decode()
    assert operator.post(address, {"to": "someday"}).status_code == 200
    run.refresh_from_db()
    assert run.starts_at == before
    assert operator.get(f"{PAGE}{10**19}/move/").status_code == 404
    assert operator.get(f"{PAGE}{10**18 - 1}/move/").status_code == 404


def test_who_may_only_look_moves_nothing(client: Client, db: None) -> None:
    run = scheduled()
    user = User.objects.create_user("u", password="x", is_staff=True)
    client.force_login(user)
    assert client.get(PAGE).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_campaign"))
    shown = client.get(PAGE, {"month": "2031-05"})
    assert shown.status_code == 200
    assert "data-move" not in shown.content.decode()
    address = reverse("calendar-move", args=[run.pk])
    tomorrow = timezone.now() + timedelta(days=1)
    assert client.post(address, {"to": tomorrow.isoformat()}).status_code == 403


def test_a_day_that_is_too_much_for_the_accounts_is_told(operator: Client) -> None:
    run = scheduled()
    run.campaign.lists.set([make_list("多人", range(100_000, 100_007))])
    month = {"month": "2031-05"}
    words = "up to 7 people, but the account may send 5 messages a day"
    assert words not in operator.get(PAGE, month).content.decode()
    Account.objects.update(per_day=5)
    assert f"05-14, 春节预告: {words}" in operator.get(PAGE, month).content.decode()
    Account.objects.update(per_day=7)
    assert words not in operator.get(PAGE, month).content.decode()


def test_campaigns_of_a_day_with_the_same_accounts_are_added_up(operator: Client) -> None:
    first = scheduled()
    other = make_campaign("第二个", starts_at=first.starts_at, timezone="Asia/Shanghai")
    other.lists.set(first.campaign.lists.all())
    start_campaign(campaign=other)
    Account.objects.update(per_day=1)
    shown = operator.get(PAGE, {"month": "2031-05"}).content.decode()
    assert "春节预告, 第二个: up to 2 people" in shown
    # The size of the list that is kept each day takes the place of counting it.
    DailySize.objects.create(contact_list=other.lists.get(), day=date(2031, 5, 1), people=4)
    shown = operator.get(PAGE, {"month": "2031-05"}).content.decode()
    assert "春节预告, 第二个: up to 8 people" in shown
