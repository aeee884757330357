"""Approval in a real browser: one person asks, a second one looks and approves, the run starts."""

from __future__ import annotations

import os
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User

from campaigns.models import Approval, Campaign, CampaignRun
from campaigns.run_control.approve import approve
from campaigns.run_control.lifecycle import cancel_run, start_campaign
from tests.campaigns.factories import make_account, make_campaign, make_list

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("clean_redis"),
]
#: A folder for pictures to be looked at; none are taken without it.
PICTURES = os.environ.get("APPROVAL_PICTURES", "")
RIGHTS = ["view_campaign", "view_campaignrun", "approve_campaign", "change_campaign"]


def make_user(name: str) -> User:
    user = User.objects.create_user(name, password=name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=RIGHTS))
    return user


def look(page: Any, name: str) -> None:
    """Check that nothing is wider than the window, on a desktop and on a phone."""
    for width, height in ((1280, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, (name, width, wide)
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})


def sign_in(chromium: Any, address: str, name: str, problems: list[str]) -> Any:
    page = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en-US").new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.set_default_timeout(30_000)
    page.goto(address)
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", name)
    page.click("button[type=submit]")
    return page


def test_a_second_person_approves_and_the_run_starts(chromium: Any, live_server: Any) -> None:
    author, second = make_user("author"), make_user("second")
    make_account(20_001, friends=range(100_000, 100_008))
    people = make_list("会员", range(100_000, 100_008), city="")
    campaign = make_campaign(
        "双十一预告",
        lists=[people],
        text="您好 {{ name }}！\n{{ city }} 的活动明天开始。",
        needs_approval=True,
        created_by=author,
    )
    before = start_campaign(campaign=Campaign.objects.get(), by=author)
    approve(campaign=Campaign.objects.get(), by=second, comment="first one")
    cancel_run(run=before)
    Campaign.objects.update(text="您好 {{ name }}！\n{{ city }} 的活动今天开始。")
    problems: list[str] = []
    own = f"{live_server.url}/campaigns/campaign/{campaign.pk}"

    one = sign_in(chromium, f"{own}/preflight/", "author", problems)
    one.get_by_role("button", name="Rehearse").click()
    one.get_by_text("is empty for 8 people").wait_for()
    look(one, "preflight")
    one.get_by_role("link", name="Start a new run").click()
    one.get_by_role("button", name="Start a new run").click()
    one.get_by_text("waits for an approval by a second person").wait_for()
    look(one, "page")

    two = sign_in(chromium, live_server.url, "second", problems)
    two.get_by_text("waits for your approval").wait_for()
    look(two, "front")
    two.get_by_role("link", name="Review").click()
    two.get_by_text("Changed since the last approval").wait_for()
    assert two.locator("del", has_text="明天开始").count() == 1
    assert two.locator("ins", has_text="今天开始").count() == 1
    look(two, "approval")
    two.get_by_text("中文", exact=True).first.click()
    two.get_by_role("button", name="批准").wait_for()
    look(two, "approval-zh")
    two.goto(live_server.url)
    two.get_by_role("link", name="去审批").wait_for()
    look(two, "front-zh")
    two.get_by_role("link", name="去审批").click()
    two.fill("[name=comment]", "已核对")
    two.get_by_role("button", name="批准").click()
    two.get_by_text("已批准").first.wait_for()
    look(two, "approved-zh")
    run = CampaignRun.objects.get(number=2)
    assert (run.state, run.approval) == ("preparing", Approval.objects.get(comment="已核对"))
    assert problems == []
