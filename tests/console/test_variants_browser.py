"""Variants in a real browser: the table with its shares, the comparison, no overflow."""

from __future__ import annotations

import os
from typing import Any

import pytest
from django.utils import timezone

from campaigns.models import Campaign
from sending.models import Delivery
from tests.campaigns.factories import make_account, make_inbound
from tests.campaigns.variants import campaign_with, people_in, planned_run
from tests.console.sample_data import make_operator

# The browser is the same on both databases; other tests request these pages on both.
pytestmark = [
    pytest.mark.one_database,
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("clean_redis"),
]
#: A folder for pictures to be looked at; none are taken without it.
PICTURES = os.environ.get("VARIANT_PICTURES", "")
UINS = range(100_000, 100_300)


def look(page: Any, name: str) -> None:
    """Check that nothing is wider than the window, on a desktop and on a phone."""
    for width, height in ((1280, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, (name, width, wide)
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})


def test_variants_are_written_and_compared_in_the_browser(page: Any, live_server: Any) -> None:
    make_operator()
    account = make_account(20_001, friends=UINS)
    campaign = campaign_with({"A": 1, "B": 1}, lists=[people_in("all", UINS)], holdout=10)
    run = planned_run(campaign)
    Delivery.objects.filter(run=run, state="pending").update(
        state="sent", sent_at=timezone.now(), seq=1
    )
    for delivery in Delivery.objects.filter(run=run, text_number=1).order_by("pk")[:40]:
        make_inbound(account, delivery.uin)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.set_default_timeout(20_000)
    page.goto(f"{live_server.url}/campaigns/campaign/{campaign.pk}/change/")
    page.fill("input[name=username]", "op")
    page.fill("input[name=password]", "op")
    page.click("button[type=submit]")
    page.get_by_role("button", name="Add a variant").click()
    page.fill("[name=variants_2_name]", "C")
    page.fill("[name=variants_2_weight]", "2")
    page.fill("[name=variants_2_text]", "text C")
    shares = [cell.strip() for cell in page.locator("[data-share]").all_inner_texts()]
    assert shares[:3] == ["25.0 %", "25.0 %", "50.0 %"]
    look(page, "form")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("This is more than chance").wait_for()
    look(page, "comparison")
    assert [one.name for one in Campaign.objects.get().variants.all()] == ["A", "B", "C"]

    page.request.post(f"{live_server.url}/i18n/setlang/", form={"language": "zh-hans"})
    page.context.add_cookies(
        [{"name": "django_language", "value": "zh-hans", "url": live_server.url}]
    )
    page.goto(f"{live_server.url}/campaigns/campaign/{campaign.pk}/page/")
    page.get_by_text("这不只是偶然").wait_for()
    look(page, "comparison-zh")
    page.goto(f"{live_server.url}/campaigns/campaign/{campaign.pk}/change/")
    look(page, "form-zh")
    assert problems == []
