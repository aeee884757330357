"""The schedule in a real browser: parts that are shown, next dates while one types, no overflow."""

from __future__ import annotations

import os
from typing import Any

import pytest

from campaigns.models import Campaign
from campaigns.run_control.schedule import cancel_date, start_schedule
from campaigns.scheduling.dates import next_dates
from sending.models import QuietHours
from tests.campaigns.factories import china, make_account, make_campaign, make_list
from tests.console.sample_data import make_operator

# The browser is the same on both databases; other tests request these pages on both.
pytestmark = [
    pytest.mark.one_database,
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("clean_redis"),
]
#: A folder for pictures to be looked at; none are taken without it.
PICTURES = os.environ.get("SCHEDULE_PICTURES", "")


def look(page: Any, name: str) -> None:
    """Check that nothing is wider than the window, on a desktop and on a phone."""
    for width, height in ((1280, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, (name, width, wide)
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})


def test_a_weekly_schedule_is_written_in_the_browser(page: Any, live_server: Any) -> None:
    make_operator()
    make_account(20_001, friends=[100_000])
    members = make_list("all", [100_000])
    running = make_campaign("每周问候", lists=[members], repeat="weekly@mon,thu 09:00")
    QuietHours.objects.create()
    calendar = china()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.set_default_timeout(15_000)
    page.goto(f"{live_server.url}/campaigns/campaign/{running.pk}/change/")
    page.fill("input[name=username]", "op")
    page.fill("input[name=password]", "op")
    page.click("button[type=submit]")
    page.locator("[data-dates] li").nth(4).wait_for()

    page.select_option("[name=repeat_0]", "monthly")
    assert not page.locator("[name=repeat_2]").first.is_visible()
    page.fill("[name=repeat_3]", "31")
    page.fill("[name=repeat_1]", "25:00")
    page.get_by_text("Write the time like 09:00.").wait_for()
    page.fill("[name=repeat_1]", "10:30")
    page.locator("[data-dates] li", has_text="10:30 (Asia/Shanghai)").first.wait_for()
    page.get_by_text("At what hours, and how fast").click()
    page.fill("[name=windows_0]", "09:00-11:30, 14:00-18:00")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "windows_1"
    page.keyboard.type("09:00-12:00")
    look(page, "form")
    page.click("[name=_save]")
    page.get_by_role("heading", name="Schedule").wait_for()
    running.refresh_from_db()
    assert running.repeat == "monthly@31 10:30"
    assert running.windows == "mon=09:00-11:30,14:00-18:00; tue=09:00-12:00"

    start_schedule(campaign=running)
    cancel_date(campaign=running, at=next_dates(campaign=Campaign.objects.get(), most=1)[0])
    page.reload()
    page.get_by_text("Next on").wait_for()
    look(page, "page")
    for name, address in (
        ("preflight", f"campaigns/campaign/{running.pk}/preflight/"),
        ("calendars", "campaigns/holidaycalendar/"),
        ("calendar", f"campaigns/holidaycalendar/{calendar.pk}/change/"),
        ("import", "campaigns/holidaycalendar/import/"),
        ("quiet", "sending/quiethours/"),
        ("quiet-add", "sending/quiethours/add/"),
    ):
        page.goto(f"{live_server.url}/{address}")
        look(page, name)
    page.get_by_text("中文", exact=True).first.click()
    page.get_by_text("免打扰时间").first.wait_for()
    for name, address, words in (
        ("form-zh", f"campaigns/campaign/{running.pk}/change/", "接下来的日期"),
        ("page-zh", f"campaigns/campaign/{running.pk}/page/", "暂停计划"),
    ):
        page.goto(f"{live_server.url}/{address}")
        page.get_by_text(words).first.wait_for()
        look(page, name)
    assert problems == []
