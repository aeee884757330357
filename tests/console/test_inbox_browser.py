"""The inbox in a real browser, on the real stack: people write, an operator answers by keyboard."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

import pytest

from qqhttp.simulator import GatewaySimulator
from qqhttp.simulator.population import FIRST_FRIEND, password_of, populate
from tests.running_stack import RunningStack

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(300)]
#: A folder for pictures to be looked at; none are taken without it.
PICTURES = os.environ.get("INBOX_PICTURES", "")
PATIENCE = 30_000


def look(page: Any, name: str) -> None:
    """Check that nothing is wider than the window, on a desktop and on a phone."""
    for width, height in ((1280, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, (name, width, wide)
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/{name}-{width}.png")
    page.set_viewport_size({"width": 1280, "height": 900})


def test_an_operator_answers_by_keyboard_in_both_languages(
    page: Any, stack: RunningStack, gateway: GatewaySimulator, tmp_path: Path
) -> None:
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.set_default_timeout(PATIENCE)
    account = _account_logs_in(stack, gateway, tmp_path)
    stack.manage("canned_answer", "save", "营业时间", "--text", "我们 {{ uin }} 点开门")

    name, password = stack.login
    page.goto(stack.url)
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", password)
    page.click("#login-form button[type=submit]")
    page.locator("a[href='/conversations/conversation/']").click()
    page.get_by_text("Nobody waits for an answer").wait_for()
    look(page, "empty")

    # What is written appears by itself.
    for friend in range(3):
        text = f"在吗 {friend}？"
        gateway.control.push_inbound(uin=account, sender=FIRST_FRIEND + friend, text=text)
    rows = page.locator("[data-conversation]")
    page.wait_for_function("document.querySelectorAll('[data-conversation]').length === 3")
    look(page, "list")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    first = rows.nth(0).get_attribute("data-conversation")
    focused = page.evaluate("document.activeElement.dataset.conversation")
    assert focused == first
    page.keyboard.press("Enter")
    page.locator("[data-reply]").wait_for()

    # A canned answer is made for the person; Ctrl+Enter sends; the state follows without reload.
    page.keyboard.press("r")
    page.keyboard.type("您好！\n")
    page.locator("[data-canned]").select_option(label="营业时间")
    page.wait_for_function("document.querySelector('[data-reply]').value.includes('点开门')")
    written = page.locator("[data-reply]").input_value()
    page.keyboard.press("Control+Enter")
    page.locator(".q-bubble.q-ours", has_text="点开门").wait_for()
    page.evaluate("window.wasHere = true")
    page.locator(".q-bubble.q-ours .q-badge.success", has_text="sent").wait_for()
    page.locator(".q-bubble.q-ours", has_text="RES=0").wait_for()
    assert page.evaluate("window.wasHere") is True
    sent = gateway.control.messages()
    assert [one.text for one in sent] == [written]
    look(page, "thread")

    # The next message appears below, and a draft is kept.
    page.keyboard.press("r")
    page.keyboard.type("还有")
    gateway.control.push_inbound(uin=account, sender=sent[0].un, text="谢谢！")
    page.locator(".q-bubble:not(.q-ours)", has_text="谢谢！").wait_for()
    assert page.locator("[data-reply]").input_value() == "还有"
    at_end = "(box => box.scrollHeight - box.scrollTop - box.clientHeight < 2)"
    assert page.evaluate(f"{at_end}(document.getElementById('messages'))")

    # Escape leaves the field; e closes; the list is what is left.
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    page.get_by_text("is closed.").wait_for()
    assert rows.count() == 2
    page.keyboard.press("/")
    page.keyboard.type("在吗")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=*")
    assert rows.count() == 2

    page.get_by_role("button", name="中文").click()
    page.get_by_text("请选择一个会话。").wait_for()
    rows.nth(0).click()
    page.get_by_role("button", name="发送", exact=True).wait_for()
    look(page, "chinese")
    page.fill("[data-reply]", "稍等")
    page.get_by_role("button", name="发送并关闭").click()
    page.get_by_text("的会话已关闭").wait_for()
    stack.wait_until(lambda: len(gateway.control.messages()) == 2, what="the second answer")
    assert gateway.control.figures().twice == 0
    assert problems == []
    assert "Traceback" not in stack.logs()


def _account_logs_in(stack: RunningStack, gateway: GatewaySimulator, folder: Path) -> int:
    """Import an account and log it in; return its UIN."""
    gateway.control.change(heartbeat=1)
    uin = min(populate(gateway.settings))
    with (folder / "accounts.csv").open("w", newline="") as file:
        rows = [("uin", "password", "min_interval"), (uin, password_of(uin), "0.1")]
        csv.writer(file).writerows(rows)
    stack.manage("import_accounts", str(folder / "accounts.csv"))
    stack.manage("accounts", "sync", "--all")
    return uin
