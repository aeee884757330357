"""An operator opts people out, undoes it and looks people up in the browser, in both languages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from qqhttp.simulator import GatewaySimulator
from qqhttp.simulator.population import FIRST_FRIEND
from tests.console.test_inbox_browser import PATIENCE, _account_logs_in, look
from tests.running_stack import RunningStack

pytestmark = [
    pytest.mark.browser,
    pytest.mark.stack,
    pytest.mark.timeout(300),
    pytest.mark.exhaustive,
]
#: What the pages say, in English and in Chinese.
WORDS = (
    {
        "opt out": "Opt out",
        "no more": "No campaign writes to {uin} any more.",
        "opted out": "opted out",
        "undo": "Undo the opt-out",
        "again": "Campaigns write to {uin} again.",
        "show": "Show the opt-out",
        "run": "Run",
        "undo row": "Undo",
        "undone": "1 reply was undone.",
    },
    {
        "opt out": "登记退订",
        "no more": "此后任何活动都不再给 {uin} 发消息。",
        "opted out": "已退订",
        "undo": "撤销退订",
        "again": "活动恢复给 {uin} 发消息。",
        "show": "查看退订记录",
        "run": "执行",
        "undo row": "撤销",
        "undone": "已撤销 1 条回复的作用。",
    },
)


def test_opt_outs_and_people_in_both_languages(
    page: Any, stack: RunningStack, gateway: GatewaySimulator, tmp_path: Path
) -> None:
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.set_default_timeout(PATIENCE)
    account = _account_logs_in(stack, gateway, tmp_path)
    name, password = stack.login
    page.goto(stack.url)
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", password)
    page.click("#login-form button[type=submit]")
    for number, words in enumerate(WORDS):
        if number:
            page.goto(stack.url)
            page.get_by_role("button", name="中文").first.click()
        by_hand, by_reply = FIRST_FRIEND + 2 * number, FIRST_FRIEND + 2 * number + 1
        _opt_out_by_hand(page, gateway, account, by_hand, words, name=f"by-hand-{number}")
        _undo_a_reply(page, gateway, account, by_reply, words, name=f"by-reply-{number}")
        _look_people_up(page, stack, account, name=f"people-{number}")
    assert problems == []
    assert "Traceback" not in stack.logs()


def _open(page: Any, gateway: GatewaySimulator, account: int, person: int, text: str) -> None:
    """Let a person write, and open the conversation that appears."""
    page.evaluate("location.assign('/conversations/conversation/')")
    page.wait_for_url("**/conversations/conversation/")
    gateway.control.push_inbound(uin=account, sender=person, text=text)
    page.locator("[data-conversation]", has_text=str(person)).first.click()
    page.locator(".q-inbox-head").wait_for()


def _opt_out_by_hand(
    page: Any, gateway: GatewaySimulator, account: int, person: int, words: Any, *, name: str
) -> None:
    _open(page, gateway, account, person, "请不要再打扰我了")
    page.get_by_role("button", name=words["opt out"]).click()
    page.get_by_text(words["no more"].format(uin=person)).wait_for()
    page.locator(".q-inbox-head .q-badge", has_text=words["opted out"]).wait_for()
    look(page, name)
    page.get_by_role("button", name=words["undo"]).click()
    page.get_by_text(words["again"].format(uin=person)).wait_for()
    assert page.locator(".q-inbox-head .q-badge", has_text=words["opted out"]).count() == 0


def _undo_a_reply(
    page: Any, gateway: GatewaySimulator, account: int, person: int, words: Any, *, name: str
) -> None:
    _open(page, gateway, account, person, "退订")
    page.get_by_role("link", name=words["show"]).click()
    page.locator("#result_list input[name=_selected_action]").first.check()
    look(page, name)
    page.locator("select[name=action]").select_option("undo")
    page.get_by_role("button", name=words["run"], exact=True).click()
    page.get_by_role("button", name=words["undo row"], exact=True).click()
    page.get_by_text(words["undone"]).wait_for()


def _look_people_up(page: Any, stack: RunningStack, account: int, *, name: str) -> None:
    page.goto(f"{stack.url}accounts/friend/search/")
    page.fill("input[name=account]", str(account))
    page.fill("input[name=age]", "20")
    page.locator("form[action$='/friend/search/'] button[type=submit]").click()
    page.locator("#found a[href*='friendlink/request']").first.wait_for()
    look(page, name)
