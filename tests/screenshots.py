"""Take a picture of every page in light and dark, on a phone, and in both languages.

    python tests/screenshots.py [--out FOLDER] [--only NAME ...]

It starts the demo in a home of its own, waits until messages are on their way, and takes them. The
other pages are taken from a second stack with sample data. Which pages there are is said by
tests/console/page_names.py.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.console.page_names import is_pictured, page_names
from tests.running_stack import RunningStack

CHROMIUM = "/usr/bin/chromium"
#: Pages that are taken from the demo, which sends: name -> address there.
DEMO = {
    "index": "",
    "reports": "reports/",
    "calendar": "calendar/",
    "campaigns_campaign_changelist": "campaigns/campaign/",
    "campaigns_campaign_page": "campaigns/campaign/1/page/",
    "campaigns_campaign_preflight": "campaigns/campaign/1/preflight/",
    "campaigns_campaign_do-cancel": "campaigns/campaign/1/do/cancel/",
    "campaigns_campaignrun_changelist": "campaigns/campaignrun/",
    "sending_delivery_changelist": "sending/delivery/?run__id__exact=1",
    "sending_delivery_change": "sending/delivery/1/change/",
    "sending_attempt_changelist": "sending/attempt/",
    "contacts_contact_changelist": "contacts/contact/",
    "contacts_contact_change": "contacts/contact/1/change/",
    "contacts_contactlist_changelist": "contacts/contactlist/",
    "accounts_account_changelist": "accounts/account/",
    "accounts_account_change": "accounts/account/1/change/",
    "accounts_accounttask_changelist": "accounts/accounttask/",
    "accounts_friend_changelist": "accounts/friend/",
    "accounts_session_changelist": "accounts/session/",
    "accounts_worker_changelist": "accounts/worker/",
    "accounts_inboundmessage_changelist": "accounts/inboundmessage/",
    "audit_auditentry_changelist": "audit/auditentry/",
}
LOGIN = "login"
#: Pages whose answer is that there is nothing.
NOT_FOUND = ("missing",)
NAMES = [LOGIN, *(name for name in page_names() if is_pictured(name))]
FILL = "from tests.console.every_page import show; show()"
#: Pages of a contact sheet, and what its HTML begins with.
ROWS_OF_A_SHEET = 6
SHEET = """<!doctype html><meta charset="utf-8"><title>Contact sheet</title><style>
body { font: 14px sans-serif; margin: 8px } h2 { font-size: 14px; margin: 8px 0 2px }
div { display: flex; gap: 8px; align-items: start }
img { border: 1px solid #999; max-height: 300px }
</style>"""
#: name -> (width, height, colour scheme, language)
LOOKS = {
    "light": (1280, 860, "light", "en"),
    "dark": (1280, 860, "dark", "en"),
    "phone": (390, 780, "light", "zh-hans"),
    "chinese": (1280, 860, "light", "zh-hans"),
}


def main() -> int:
    """Take the pictures; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("screenshots"))
    parser.add_argument("--only", nargs="*", default=NAMES, choices=NAMES)
    options = parser.parse_args()
    if not os.access(CHROMIUM, os.X_OK):
        print(f"There is no browser at {CHROMIUM}: apt-get install chromium fonts-noto-cjk")
        return 1
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="qqshots-") as folder, _browser() as browser:
        pages = {name: DEMO[name] for name in options.only if name in DEMO}
        if pages:
            with RunningStack(Path(folder) / "home", arguments=("--demo",)) as stack:
                for look in LOOKS:
                    # Messages are on their way: the pages have something to show.
                    _take(browser, stack, look, pages=pages, out=options.out, is_awaited=True)
        names = [name for name in options.only if name not in DEMO]
        if names:
            with _filled_stack(Path(folder) / "filled") as (stack, shown):
                shown[LOGIN] = "login/"
                pages = {name: shown[name].removeprefix("/") for name in names}
                for look in LOOKS:
                    _take(browser, stack, look, pages=pages, out=options.out)
        _write_sheets(browser, options.only, options.out)
    print(
        f"{len(options.only) * len(LOOKS)} pictures are in {options.out}/, and sheet-*.png of all."
    )
    return 0


def _write_sheets(browser: Any, names: list[str], out: Path) -> None:
    """Write contact sheets: the pictures of some pages side by side, a row for each page."""
    page = browser.new_page(viewport={"width": 1600, "height": 1000})
    for first in range(0, len(names), ROWS_OF_A_SHEET):
        rows = "".join(
            f"<h2>{name}</h2><div>"
            + "".join(f'<img src="{name}-{look}.png" alt="{look}">' for look in LOOKS)
            + "</div>"
            for name in names[first : first + ROWS_OF_A_SHEET]
        )
        sheet = out / f"sheet-{first // ROWS_OF_A_SHEET + 1:02}.html"
        sheet.write_text(SHEET + rows, encoding="utf-8")
        page.goto(sheet.resolve().as_uri(), wait_until="load")
        page.screenshot(path=sheet.with_suffix(".png"), full_page=True)
    page.close()


@contextmanager
def _browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def _filled_stack(home: Path) -> Iterator[tuple[RunningStack, dict[str, str]]]:
    """Yield a stack with a row of everything that has a page, and the addresses of pages by name.

    Nothing is sent: there is no gateway.
    """
    home.mkdir(parents=True)
    stack = RunningStack(home, env={"QQ_GATEWAY_URL": "http://127.0.0.1:9"})
    stack.manage("migrate", timeout=300)
    said = stack.manage("shell", "-c", FILL, timeout=300).stdout
    # Its author is a superuser, so the stack makes no first operator.
    (home / "operator_login").write_text("小王\nx\n", encoding="utf-8")
    with stack:
        yield stack, json.loads(said.strip().splitlines()[-1])


def _take(
    browser: Any,
    stack: RunningStack,
    look: str,
    *,
    pages: dict[str, str],
    out: Path,
    is_awaited: bool = False,
) -> None:
    width, height, scheme, language = LOOKS[look]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, device_scale_factor=1
    )
    context.add_cookies([{"name": "django_language", "value": language, "url": stack.url}])
    context.add_init_script(f"localStorage.setItem('_x_adminTheme', JSON.stringify('{scheme}'))")
    page = context.new_page()
    page.set_default_timeout(60_000)
    if LOGIN in pages:
        page.goto(stack.url + pages[LOGIN])
        page.screenshot(path=out / f"{LOGIN}-{look}.png")
    page.goto(stack.url + "login/")
    name, password = stack.login
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", password)
    page.click("#login-form button[type=submit]")
    page.locator("#overview").wait_for()
    if is_awaited:
        stack.wait_until(lambda: _is_sending(page, stack), what="the demo's first messages")
    for name, address in pages.items():
        if name != LOGIN:
            answer = page.goto(stack.url + address, wait_until="networkidle")
            if name not in NOT_FOUND and answer is not None and answer.status != 200:
                raise SystemExit(f"{address} answers {answer.status}: correct its address here.")
            page.screenshot(path=out / f"{name}-{look}.png", full_page=look == "phone")
    context.close()


def _is_sending(page: Any, stack: RunningStack) -> bool:
    page.goto(stack.url + DEMO["campaigns_campaign_page"])
    sent = page.locator(".q-figure.success b")
    return sent.count() > 0 and sent.inner_text() not in {"", "0"}


if __name__ == "__main__":
    sys.exit(main())
