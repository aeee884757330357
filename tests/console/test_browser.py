"""A campaign from import to report, in a real browser, on the real stack and the simulator."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from qqhttp.simulator import GatewaySimulator
from tests.running_stack import RunningStack

ACCOUNTS, FRIENDS = 2, 20
#: Maximum time that the browser waits for an element, milliseconds.
PATIENCE = 60_000

pytestmark = [pytest.mark.browser, pytest.mark.stack]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Return two files: accounts in UTF-8, contacts as Excel saves them on Windows."""
    accounts = [f"{1000001 + n},pw-{1000001 + n},客服{n},0.02" for n in range(ACCOUNTS)]
    header = "uin,password,name,min_interval"
    (tmp_path / "accounts.csv").write_text("\n".join([header, *accounts]), encoding="utf-8")
    people = [f"{20000001 + n},张伟{n},北京" for n in range(FRIENDS)]
    broken = "1.23457E+09,李娜,上海"
    text = "\r\n".join(["QQ号,姓名,城市", *people, broken])
    (tmp_path / "客户.csv").write_bytes(text.encode("gb18030"))
    return tmp_path


def test_from_the_first_start_to_the_report(
    page: Any, stack: RunningStack, gateway: GatewaySimulator, files: Path
) -> None:
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.set_default_timeout(PATIENCE)
    name, password = stack.login

    page.goto(stack.url)
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", password)
    page.click("button[type=submit]:has-text('Log in')")
    page.get_by_role("heading", name="First steps").wait_for()

    page.get_by_role("link", name="Import accounts").click()
    page.set_input_files("input[name=file]", files / "accounts.csv")
    page.get_by_role("button", name="Import").click()
    page.get_by_text("Result of the import").wait_for()
    page.get_by_role("link", name="To the accounts").click()
    page.locator("#action-toggle").check()
    page.locator("select[name=action]").select_option("act_sync")
    page.get_by_role("button", name="Run").click()
    page.get_by_text("2 accounts were asked to fetch their friend lists.").wait_for()

    page.goto(stack.url + "contacts/contactimport/upload/")
    page.set_input_files("input[name=file]", files / "客户.csv")
    page.fill("input[name=new_list]", "老客户")
    page.get_by_role("button", name="Upload and check").click()
    page.get_by_text("Dry run: nothing is loaded").wait_for()
    assert page.locator("select[name=meaning-0]").input_value() == "uin"
    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_role("link", name="Rejected rows").wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name="Rejected rows").click()
    assert "李娜" in Path(download.value.path()).read_text(encoding="utf-8-sig")

    page.goto(stack.url + "campaigns/campaign/add/")
    page.fill("input[name=name]", "双十一")
    page.fill("textarea[name=text]", "{{ nmae }}，您好")
    _choose_list(page, "老客户")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Did you mean {{ name }}?").first.wait_for()
    page.fill("textarea[name=text]", "{{ name }}，您好 100% & more = fine + hi")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Not started yet").wait_for()

    page.get_by_role("link", name="Preflight").first.click()
    page.get_by_text("张伟0，您好 100% & more = fine + hi").wait_for()
    page.get_by_role("link", name="Start").click()
    page.get_by_text("each account sends at its own pace").wait_for()
    page.get_by_role("button", name="Start").click()
    page.locator(".q-badge", has_text="finished").wait_for()
    page.wait_for_function("document.querySelectorAll('.q-figure b')[1].textContent.trim() == '20'")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    report = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert report.count("张伟") == FRIENDS
    assert len(gateway.control.messages()) == FRIENDS

    page.get_by_role("button", name="中文").click()
    page.get_by_text("已结束").first.wait_for()
    assert problems == []


def _choose_list(page: Any, name: str) -> None:
    """Choose a list: type into the field's search and take the result."""
    page.locator(".field-lists .select2-selection").click()
    page.locator(".select2-search__field").last.press_sequentially(name)
    page.locator(".select2-results__option", has_text=re.compile(name)).first.click()
