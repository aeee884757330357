"""Failures and keyboard use, in a real browser on the real stack."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from qqhttp.simulator import GatewaySimulator
from qqhttp.simulator.population import password_of, populate
from tests.running_stack import RunningStack

#: Maximum time that the browser waits for an element, milliseconds.
PATIENCE = 60_000
SENDER = 1_000_001
#: Whether a figure on the campaign's page, given by its position, has at least this value.
_FIGURE = "Number(document.querySelectorAll('.q-figure b')[{place}].textContent) >= {least}"

# The browser is the same on both databases; other tests request these pages on both.
pytestmark = [
    pytest.mark.browser,
    pytest.mark.stack,
    pytest.mark.one_database,
    pytest.mark.timeout(300),
]


@pytest.fixture
def page(page: Any, stack: RunningStack, gateway: GatewaySimulator, tmp_path: Path) -> Any:
    """A page with a login. One account with a long gap has a running campaign of twenty."""
    world = populate(gateway.settings)
    (tmp_path / "a.csv").write_text(
        f"uin,password,min_interval\n{SENDER},{password_of(SENDER)},15\n", encoding="utf-8"
    )
    with (tmp_path / "people.csv").open("w", newline="", encoding="utf-8") as file:
        rows = [(uin, "北京") for uin in sorted(world[SENDER].friends)]
        csv.writer(file).writerows([("uin", "city"), *rows])
    stack.manage("import_accounts", str(tmp_path / "a.csv"))
    stack.manage("import_contacts", str(tmp_path / "people.csv"), "--list", "all")
    stack.manage("campaign", "create", "spring", "--list", "all", "--text", "hi {{ city }}")
    stack.manage("campaign", "start", "spring")
    page.set_default_timeout(PATIENCE)
    page.goto(stack.url)
    name, password = stack.login
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", password)
    page.click("button[type=submit]:has-text('Log in')")
    page.locator("#overview").wait_for()
    return page


def _why(page: Any, stack: RunningStack) -> Any:
    page.goto(stack.url + "campaigns/campaign/1/page/")
    return page.locator("section[aria-labelledby=why-title]")


@pytest.mark.exhaustive
def test_why_nothing_moves(page: Any, stack: RunningStack, gateway: GatewaySimulator) -> None:
    page.goto(stack.url + "campaigns/campaign/1/page/")
    page.wait_for_function(_FIGURE.format(place=1, least=1))
    page.goto(stack.url + "sending/delivery/?run__id__exact=1&state__exact=pending")
    page.locator("tbody a").first.click()
    page.get_by_text(f"account {SENDER} sends it at about").wait_for()

    page.goto(stack.url + "accounts/account/1/change/")
    page.get_by_role("link", name="Rest for an hour").click()
    page.get_by_role("button", name="Rest for an hour").click()
    _why(page, stack).get_by_text(f"Account {SENDER} rests until").wait_for()
    page.get_by_role("link", name="Pause").click()
    page.get_by_role("button", name="Pause").click()
    _why(page, stack).get_by_text("Paused by operator at").wait_for()
    page.get_by_role("button", name="中文").click()
    page.get_by_text("operator 于").wait_for()
    page.get_by_role("link", name="恢复").first.click()
    page.locator("form button.q-main").click()
    _why(page, stack).get_by_text(f"账号 {SENDER} 休息到").wait_for()

    gateway.control.set_account(uin=SENDER, refusal="Wrong password.")
    gateway.control.clear_sessions(uin=SENDER)
    page.goto(stack.url + "accounts/account/1/change/")
    page.get_by_role("link", name="启用").click()
    page.locator("form button.q-main").click()
    page.get_by_role("button", name="登录").click()
    # No other account has these friends, so the remaining deliveries fail.
    page.goto(stack.url + "campaigns/campaign/1/page/")
    page.wait_for_function(_FIGURE.format(place=5, least=10))
    assert "Traceback" not in stack.logs()


@pytest.mark.exhaustive
def test_a_keyboard_is_enough(page: Any, stack: RunningStack) -> None:
    page.goto(stack.url + "contacts/contact/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    filters = page.get_by_role("button", name="Filters")
    for _ in range(10):
        page.keyboard.press("Tab")
        if filters.evaluate("element => element === document.activeElement"):
            break
    page.keyboard.press("Enter")
    page.get_by_text("By list").or_(page.get_by_text("Apply Filters")).first.wait_for()
    page.keyboard.press("Escape")

    page.goto(stack.url + "contacts/contact/1/change/")
    field = page.locator("textarea[name=attributes]")
    assert field.input_value() == "city: 北京"
    field.press("Control+End")
    field.type("\nlevel 金卡")
    page.locator("button[name=_continue], input[name=_continue]").first.press("Enter")
    page.get_by_text("Line 2: a colon is missing.").wait_for()
    field.fill("city: 北京\nlevel: 金卡")
    page.locator("button[name=_continue], input[name=_continue]").first.press("Enter")
    page.locator("dl.q-facts dd", has_text="金卡").wait_for()
