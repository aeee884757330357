"""The pictures in docs/images, of a small installation at work.

    python -m tests.console.docs_pictures [--minutes 4] [--out docs/images]

starts a stack with accounts, people, three campaigns and people who write back, waits until its
charts have something to show, and photographs the front page and a campaign's page.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from qqhttp.simulator import GatewaySimulator
from qqhttp.simulator.population import password_of, populate
from tests.running_stack import ROOT, RunningStack
from tests.screenshots import CHROMIUM

ACCOUNTS, FRIENDS, STRANGERS = 12, 150, 40
FAMILY, GIVEN = "王李张刘陈杨赵黄周吴", ("伟", "芳", "娜", "敏", "静", "丽", "强", "磊")
CITIES = ("昆明", "成都", "杭州", "西安")
REPLIES = ("好的，谢谢", "几点开始？", "可以带朋友吗？", "TD", "已报名", "地址在哪里？")


def main() -> int:
    """Take the pictures; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=4)
    parser.add_argument("--out", type=Path, default=ROOT / "docs/images")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="qqpictures-") as folder,
        GatewaySimulator(
            accounts=ACCOUNTS, friends=FRIENDS, min_interval=0.0, heartbeat=2
        ) as gateway,
    ):
        home = Path(folder) / "home"
        home.mkdir()
        stack = RunningStack(home, env={"QQ_GATEWAY_URL": gateway.url})
        stack.manage("migrate", timeout=600)
        with stack:
            _fill(stack, gateway, Path(folder))
            time.sleep(60 * options.minutes)
            _photograph(stack, options.out)
    return 0


def _fill(stack: RunningStack, gateway: GatewaySimulator, folder: Path) -> None:
    people = populate(gateway.settings).values()
    accounts, contacts = folder / "accounts.csv", folder / "contacts.csv"
    rows = [f"{one.uin},{password_of(one.uin)},{_name(n)},1" for n, one in enumerate(people)]
    accounts.write_text("\n".join(["uin,password,name,min_interval", *rows]), encoding="utf-8")
    friends = [uin for one in people for uin in sorted(one.friends)]
    uins = [*friends, *(90_000_000 + n for n in range(STRANGERS))]
    rows = [f"{uin},{_name(n * 7)},{CITIES[n % len(CITIES)]}" for n, uin in enumerate(uins)]
    contacts.write_text("\n".join(["uin,name,city", *rows]), encoding="utf-8")
    few = folder / "few.csv"
    few.write_text("\n".join(["uin,name,city", *rows[:90]]), encoding="utf-8")
    stack.manage("import_accounts", str(accounts))
    stack.manage("import_contacts", str(contacts), "--list", "Members")
    stack.manage("import_contacts", str(few), "--list", "VIP")
    stack.manage("accounts", "sync", "--all", timeout=300)
    tomorrow = (timezone.localtime() + timedelta(days=1)).replace(hour=9, minute=30)
    _campaign(stack, "VIP preview", "VIP", "{{ name }}，您好！明天起可以提前预约。")
    _campaign(
        stack, "Spring greetings", "Members", "{{ name }}，您好！{{ city }}门店春季活动开始了。"
    )
    _campaign(
        stack, "Survey", "Members", "{{ name }}，请打个分", "--at", f"{tomorrow:%Y-%m-%dT%H:%M}"
    )
    for n, one in enumerate(people):
        sender = sorted(one.friends)[n]
        text = REPLIES[n % len(REPLIES)]
        gateway.control.push_inbound(uin=one.uin, sender=sender, text=text)
    first = min(one.uin for one in people)
    gateway.control.push_friend_request(uin=first, sender=91_000_000, text="我是老客户王芳")


def _campaign(stack: RunningStack, name: str, people: str, text: str, *more: str) -> None:
    stack.manage("campaign", "create", name, "--list", people, "--text", text, *more)
    stack.manage("campaign", "start", name)


def _name(n: int) -> str:
    return FAMILY[n % len(FAMILY)] + GIVEN[n // 3 % len(GIVEN)]


def _photograph(stack: RunningStack, out: Path) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page: Any = browser.new_page(
            viewport={"width": 1280, "height": 1000}, locale="en-US", timezone_id="Asia/Shanghai"
        )
        page.set_default_timeout(60_000)
        name, password = stack.login
        page.goto(f"{stack.url}login/")
        page.fill("input[name=username]", name)
        page.fill("input[name=password]", password)
        page.click("#login-form button[type=submit]")
        page.locator("#overview").wait_for()
        page.get_by_text("No, thanks").click()
        for picture, address in (("overview", ""), ("campaign", "campaigns/campaign/2/page/")):
            page.goto(f"{stack.url}{address}", wait_until="networkidle")
            page.screenshot(path=out / f"{picture}.png")
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
