"""An operator accepts, refuses and makes a friend in the browser, in both languages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from qqhttp.simulator import GatewaySimulator
from qqhttp.simulator.population import password_of, populate
from tests.running_stack import RunningStack
from tests.sending.working import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(300)]

PATIENCE = 60_000
#: The simulator adds this person at once: the remainder of 6 is 0.
EASY = 60_000


def items(stack: RunningStack, *arguments: str) -> list[dict[str, Any]]:
    """Return the items that the command `friends` answers."""
    said = stack.manage("friends", *arguments, "--json").stdout
    found: list[dict[str, Any]] = json.loads(said)["items"]
    return found


@pytest.mark.exhaustive
def test_friend_requests_in_the_browser(
    page: Any, stack: RunningStack, gateway: GatewaySimulator, tmp_path: Any
) -> None:
    gateway.control.change(heartbeat=1)
    account = min(populate(gateway.settings))
    (tmp_path / "a.csv").write_text(f"uin,password\n{account},{password_of(account)}\n")
    stack.manage("import_accounts", str(tmp_path / "a.csv"))
    stack.manage("accounts", "sync", "--all")
    for uin in (50_001, 50_002):
        gateway.control.push_friend_request(uin=account, sender=uin, text=f"我是{uin}")
    wait_until(lambda: len(items(stack, "requests")) == 2, what="the requests")

    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.set_default_timeout(PATIENCE)
    name, password = stack.login
    page.goto(stack.url)
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", password)
    page.click("button[type=submit]:has-text('Log in')")
    page.get_by_text("2 people wait for an answer to a friend request.").wait_for()
    page.get_by_role("link", name="Decide").click()
    page.get_by_text("我是50001").wait_for()

    row = page.locator("tr", has_text="50001")
    row.locator("input[name=_selected_action]").check()
    page.locator("select[name=action]").select_option("act_accept")
    page.get_by_role("button", name="Run").click()
    page.get_by_text("1 friend request is accepted").wait_for()
    page.locator("tr", has_text="50002").locator("input[name=_selected_action]").check()
    page.locator("select[name=action]").select_option("act_refuse")
    page.get_by_role("button", name="Run").click()
    page.get_by_role("heading", name="Refuse 1 friend request?", exact=True).wait_for()
    page.fill("input[name=reason]", "不认识")
    page.get_by_role("button", name="Refuse").click()
    page.get_by_text("1 friend request is refused").wait_for()
    wait_until(
        lambda: (
            {one["state"] for one in items(stack, "requests", "--state", "all")}
            == {"accepted", "refused"}
        ),
        what="the answers",
    )

    page.goto(f"{stack.url}accounts/friendlink/")
    page.get_by_role("link", name="Make or end a friendship").click()
    page.fill("input[name=account]", str(account))
    page.fill("input[name=uin]", str(EASY))
    page.fill("input[name=purpose]", "they called us")
    page.get_by_role("button", name="Request it").click()
    page.get_by_text("It is requested").wait_for()
    wait_until(
        lambda: any(one["uin"] == EASY for one in items(stack, "list", str(EASY))),
        what="the new friend",
    )

    page.evaluate(
        "async () => { const body = new URLSearchParams({ language: 'zh-hans', next: '/',"
        " csrfmiddlewaretoken: document.querySelector('[name=csrfmiddlewaretoken]').value });"
        " await fetch('/i18n/setlang/', { method: 'POST', body }); }"
    )
    page.goto(f"{stack.url}accounts/friendrequest/")
    page.get_by_role("heading", name="好友请求").first.wait_for()
    for words in ("已通过", "已拒绝"):
        assert page.get_by_text(words).count() >= 1

    for uin in (50_003, 50_004):
        gateway.control.push_friend_request(uin=account, sender=uin, text=f"我是{uin}")
    wait_until(lambda: len(items(stack, "requests")) == 2, what="two more requests")
    page.goto(f"{stack.url}accounts/friendrequest/")
    page.locator("tr", has_text="50003").locator("input[name=_selected_action]").check()
    page.locator("select[name=action]").select_option("act_accept")
    page.get_by_role("button", name="执行").click()
    page.get_by_text("已通过 1 个好友请求，由账号通知网关。").wait_for()
    page.goto(f"{stack.url}accounts/friendrequest/")
    page.locator("tr", has_text="50004").locator("input[name=_selected_action]").check()
    page.locator("select[name=action]").select_option("act_refuse")
    page.get_by_role("button", name="执行").click()
    page.get_by_role("heading", name="拒绝 1 个好友请求？", exact=True).wait_for()
    page.fill("input[name=reason]", "不认识")
    page.get_by_role("button", name="拒绝").click()
    page.get_by_text("已拒绝 1 个好友请求，由账号通知网关。").wait_for()
    wait_until(lambda: not items(stack, "requests"), what="the answers to them")
    acks = gateway.control.acks(uin=account)
    assert {key: n for key, n in acks.items() if key[0] in range(50_001, 50_005)} == {
        (50_001, 0): 1, (50_002, 1): 1, (50_003, 0): 1, (50_004, 1): 1
    }  # fmt: skip
    assert problems == []
