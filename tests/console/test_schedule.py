"""The schedule in the console: the form, the next dates while one edits, and its actions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Campaign, Holiday, HolidayCalendar
from campaigns.scheduling.holiday_file import import_holidays
from clocks import shared
from foundation.refusals import Refusal
from sending.models import QuietHours
from tests.campaigns.factories import china, make_account, make_campaign, make_list

pytestmark = pytest.mark.usefixtures("clean_redis")
DATES = "admin:campaigns_campaign_dates"


def form(**values: object) -> dict[str, object]:
    made = make_list("VIP", [])
    return {
        "name": "周报",
        "text": "你好",
        "lists": [made.pk],
        "promise": "never-twice",
        "on_lost_account": "fail",
        "timezone": "Asia/Shanghai",
        "late": "send",
        "sender": "keep",
        "order": "imported",
        **values,
    }


def weekly() -> dict[str, object]:
    return {
        "repeat_0": "weekly",
        "repeat_1": "09:00",
        "repeat_2": ["mon", "thu"],
        "repeat_times": "3",
        "windows_0": "09:00-11:30, 14:00-18:00",
        "windows_3": "09：00–11：30",
        "holidays": china().pk,
        "late": "move",
        "deadline_after": "4h",
    }


def test_the_form_saves_a_schedule_and_shows_it_again(operator: Client) -> None:
    add = reverse("admin:campaigns_campaign_add")
    answer = operator.post(add, form(**weekly()))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    campaign = Campaign.objects.get()
    assert campaign.repeat == "weekly@mon,thu 09:00"
    assert campaign.windows == "mon=09:00-11:30,14:00-18:00; thu=09:00-11:30"
    assert (campaign.repeat_times, campaign.late, campaign.deadline_after) == (3, "move", 4 * 3600)
    page = operator.get(reverse("admin:campaigns_campaign_change", args=[campaign.pk]))
    said = page.content.decode()
    assert 'value="09:00-11:30, 14:00-18:00"' in said
    assert 'value="mon" checked' in said
    assert 'value="4h"' in said
    shown = operator.get(answer["Location"]).content.decode()
    for words in (
        "every week on Monday, Thursday at 09:00",
        "3 times",
        "Not started",
        "Tuesday to Wednesday: closed",
    ):
        assert words in shown


def test_an_unchanged_form_changes_nothing(operator: Client) -> None:
    answer = operator.post(reverse("admin:campaigns_campaign_add"), form(**weekly()))
    campaign = Campaign.objects.get()
    Campaign.objects.update(deadline_after=5400)
    address = reverse("admin:campaigns_campaign_change", args=[campaign.pk])
    page = operator.get(address).context["adminform"].form
    assert page.initial["deadline_after"] == "90m"
    before = Campaign.objects.values().get()
    answer = operator.post(address, form(**{**weekly(), "deadline_after": "90m"}))
    assert answer.status_code == 302
    assert Campaign.objects.values().get() == before


def test_a_start_that_has_passed_does_not_hinder_other_edits(operator: Client) -> None:
    operator.post(reverse("admin:campaigns_campaign_add"), form())
    campaign = Campaign.objects.get()
    past = timezone.now() - timedelta(days=3)
    Campaign.objects.update(starts_at=past)
    address = reverse("admin:campaigns_campaign_change", args=[campaign.pk])
    local = timezone.localtime(past)
    values = {"starts_at_0": f"{local:%Y-%m-%d}", "starts_at_1": f"{local:%H:%M:%S}", "text": "neu"}
    answer = operator.post(address, form(**values))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    campaign.refresh_from_db()
    assert campaign.text == "neu"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"repeat_0": "daily", "repeat_1": "09:00"}, "(Asia/Shanghai)"),
        ({"repeat_0": "daily", "repeat_1": ""}, "Write the time like 09:00."),
        ({"repeat_0": "cron", "repeat_4": "\0"}, "Null characters"),
        ({"repeat_0": "monthly", "repeat_1": "09:00", "repeat_3": "9" * 500}, "cannot be read"),
        ({"repeat_0": "daily", "repeat_1": "09:00", "repeat_times": "9" * 500}, ""),
        ({"repeat_0": "daily", "repeat_1": "09:00", "repeat_times": "NaN"}, ""),
        ({"repeat_0": "nonsense", "repeat_1": "09:00"}, "cannot be read"),
        ({}, ""),
    ],
)
def test_the_next_dates_are_shown_while_one_edits(
    values: dict[str, str], words: str, operator: Client
) -> None:
    answer = operator.get(reverse(DATES), {"timezone": "Asia/Shanghai", **values})
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert (
        answer.content.decode().count("<li>") == (5 if words == "(Asia/Shanghai)" else 0)
        or not words
    )


def test_a_schedule_is_started_paused_and_ended_on_the_page(operator: Client) -> None:
    make_account(20_001, friends=[100_000])
    campaign = make_campaign(lists=[make_list("all", [100_000])], repeat="daily@09:00")
    page = reverse("admin:campaigns_campaign_page", args=[campaign.pk])

    def act(verb: str, **query: str) -> str:
        name = "do" if verb == "start-schedule" else "schedule"
        address = reverse(f"admin:campaigns_campaign_{name}", args=[campaign.pk, verb])
        assert operator.get(address, query).status_code == 200
        assert operator.post(address, query).status_code == 302
        return operator.get(page).content.decode()

    assert "Start the schedule" in operator.get(page).content.decode()
    preflight = reverse("admin:campaigns_campaign_preflight", args=[campaign.pk])
    assert "do/start-schedule/" in operator.get(preflight).content.decode()
    assert "Next on" in act("start-schedule")
    assert "do/start" not in operator.get(preflight).content.decode()
    start = reverse("admin:campaigns_campaign_do", args=[campaign.pk, "start"])
    operator.post(start)  # from a page that was open before: it starts no run besides the schedule
    assert not campaign.runs.exists()
    campaign.refresh_from_db()
    first = operator.get(page).context["schedule"]["dates"][0][0]
    assert "Restore this date" in act("cancel-date", at=first)
    assert "Restore this date" not in act("restore-date", at=first)
    assert "is paused" in act("pause")
    assert "Next on" in act("resume")
    assert "has ended" in act("end")
    assert "It has no active schedule" in act("end")
    for at in ("", "x", "\0", "2026-01-01T09:00", "9" * 500):
        address = reverse("admin:campaigns_campaign_schedule", args=[campaign.pk, "cancel-date"])
        assert operator.get(address, {"at": at}).status_code == 404


def test_quiet_hours_are_overridden_only_with_the_right(client: Client, db: None) -> None:
    somebody = User.objects.create_user("li", is_staff=True)
    for name in ("add_campaign", "change_campaign", "view_campaign"):
        somebody.user_permissions.add(Permission.objects.get(codename=name))
    client.force_login(somebody)
    add = reverse("admin:campaigns_campaign_add")
    answer = client.post(add, form(overrides_quiet_hours="on"))
    assert "You may not let a campaign send in quiet hours" in str(
        answer.context["adminform"].form.errors["overrides_quiet_hours"]
    )
    somebody.user_permissions.add(Permission.objects.get(codename="override_quiet_hours"))
    assert client.post(add, form(overrides_quiet_hours="on")).status_code == 302
    assert Campaign.objects.get().overrides_quiet_hours


def test_quiet_hours_are_a_page_of_the_console(operator: Client) -> None:
    page = reverse("admin:sending_quiethours_changelist")
    assert "There are no quiet hours" in operator.get(page).content.decode()
    add = reverse("admin:sending_quiethours_add")
    values = {"timezone": "Asia/Shanghai", "start": "22:00", "end": "22:00"}
    assert "start and end at the same time" in operator.post(add, values).content.decode()
    assert operator.post(add, {**values, "end": "08:00"}).status_code == 302
    row = QuietHours.objects.get()
    assert row.history.count() == 1
    assert "22:00–08:00" in operator.get(page).content.decode()


def test_the_chinese_calendar_is_there_and_says_where_it_is_from(operator: Client) -> None:
    calendar = china()
    assert "国务院" in calendar.source
    kinds = dict(calendar.dates.values_list("date", "kind"))
    assert kinds[date(2026, 10, 1)] == "holiday"
    assert kinds[date(2026, 10, 10)] == "workday"
    for address in ("changelist", "import"):
        page = operator.get(reverse(f"admin:campaigns_holidaycalendar_{address}"))
        assert page.status_code == 200
    address = reverse("admin:campaigns_holidaycalendar_change", args=[calendar.pk])
    assert operator.get(address).status_code == 200


def test_a_file_of_holidays_is_imported_or_refused_as_a_whole(operator: Client) -> None:
    address = reverse("admin:campaigns_holidaycalendar_import")

    def upload(text: str, name: str = "公司") -> str:
        file = SimpleUploadedFile("假期.csv", text.encode("gb18030"))
        answer = operator.post(address, {"file": file, "name": name}, follow=True)
        return answer.content.decode()

    assert "Line 3: “2026-02-30” is not a date" in upload(
        "日期,类型,名称\n2026-01-01,,\n2026-02-30,,\n"
    )
    assert "Line 2: “maybe” is not a kind of date" in upload("date,kind\n2026-01-01,maybe\n")
    assert "it needs a column" in upload("date,kind\n")
    endless = upload('date,name\n2026-01-01,"' + "x\n" * 600_000)
    assert "Server error" not in endless
    assert "dates were imported" not in endless
    assert "at least one visible character" in upload("date\n2026-01-01\n", name="\u200b")
    assert not HolidayCalendar.objects.exclude(name="China").exists()
    shown = upload("日期,类型,名称\n2026年1月2日,假,元旦\n2026/1/4,上班,\n20260105,,x\n")
    assert "3 dates were imported." in shown
    dates = Holiday.objects.filter(calendar__name="公司").values_list("date", "kind", "name")
    assert list(dates) == [
        (date(2026, 1, 2), "holiday", "元旦"),
        (date(2026, 1, 4), "workday", ""),
        (date(2026, 1, 5), "holiday", "x"),
    ]
    assert "1 date was imported." in upload("date,kind\n2026-01-02,work\n")
    assert Holiday.objects.get(calendar__name="公司", date="2026-01-02").kind == "workday"
    assert HolidayCalendar.objects.get(name="公司").history.first().history_change_reason


def test_an_upload_by_script_is_told_the_next_page_and_loses_no_message(operator: Client) -> None:
    address = reverse("admin:campaigns_holidaycalendar_import")

    def post(text: str) -> Any:
        file = SimpleUploadedFile("h.csv", text.encode())
        return operator.post(address, {"file": file, "name": "公司"}, headers={"X-Upload": "1"})

    refused = post("date,kind\n")
    assert (refused.status_code, "X-Upload-Address" in refused.headers) == (200, False)
    assert "it needs a column" in refused.content.decode()
    told = post("date\n2026-01-02\n")
    assert (told.status_code, "Location" in told.headers) == (200, False)
    shown = operator.get(told.headers["X-Upload-Address"]).content.decode()
    assert "1 date was imported." in shown


def test_a_calendar_without_this_year_says_so(operator: Client, tmp_path: Path) -> None:
    file = tmp_path / "old.csv"
    file.write_text("date\n2001-01-01\n")
    old, _count = import_holidays(path=file, name="old")
    campaign = make_campaign(lists=[make_list("all", [])], holidays=old)
    page = operator.get(reverse("admin:campaigns_campaign_preflight", args=[campaign.pk]))
    assert f"“old” has no dates for {shared.wall().year}" in page.content.decode()
    with pytest.raises(Refusal):
        import_holidays(path=tmp_path / "missing.csv", name="old")


def test_the_preflight_says_what_the_deadline_cuts_off(operator: Client) -> None:
    make_account(20_001, friends=range(100_000, 100_100), min_interval=60.0)
    campaign = make_campaign(lists=[make_list("all", range(100_000, 100_100))], deadline_after=1800)
    page = operator.get(reverse("admin:campaigns_campaign_preflight", args=[campaign.pk]))
    assert page.context["found"].past_deadline == 71
    assert "71 messages will not be sent before the deadline" in page.content.decode()
    Campaign.objects.update(
        windows="09:00-10:00",
        deadline_after=None,
        deadline_at=datetime.now(UTC) + timedelta(days=9),
    )
    page = operator.get(reverse("admin:campaigns_campaign_preflight", args=[campaign.pk]))
    assert page.context["found"].past_deadline == 0
    assert page.context["found"].finishes_at - page.context["found"].starts_at > timedelta(hours=24)


def test_windows_that_quiet_hours_cover_are_a_problem(operator: Client) -> None:
    QuietHours.objects.create(start="08:00", end="12:00")
    campaign = make_campaign(lists=[make_list("all", [])], windows="09:00-10:00")
    page = operator.get(reverse("admin:campaigns_campaign_preflight", args=[campaign.pk]))
    assert "No sending window opens within a year" in page.content.decode()
