"""Take a picture of every page in light and dark, on a phone, and in both languages.

    python tests/screenshots.py [--out FOLDER] [--only NAME ...]

It starts the demo in a home of its own, waits until messages are on their way, and takes them.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.running_stack import RunningStack

CHROMIUM = "/usr/bin/chromium"
#: name -> address
PAGES = {
    "login": "login/",
    "overview": "",
    "campaigns": "campaigns/campaign/",
    "campaign": "campaigns/campaign/1/page/",
    "campaign-preflight": "campaigns/campaign/1/preflight/",
    "campaign-edit": "campaigns/campaign/1/change/",
    "campaign-add": "campaigns/campaign/add/",
    "campaign-delete": "campaigns/campaign/1/delete/",
    "campaign-cancel": "campaigns/campaign/1/do/cancel/",
    "campaign-changes": "campaigns/campaign/1/history/",
    "templates": "campaigns/messagetemplate/",
    "template": "campaigns/messagetemplate/1/change/",
    "runs": "campaigns/campaignrun/",
    "deliveries": "sending/delivery/?run__id__exact=1",
    "delivery": "sending/delivery/1/change/",
    "attempts": "sending/attempt/",
    "contacts": "contacts/contact/",
    "contact": "contacts/contact/1/change/",
    "lists": "contacts/contactlist/",
    "list-delete": "contacts/contactlist/1/delete/",
    "list-table": "contacts/contactlist/to-table/",
    "segment-add": "contacts/segment/add/",
    "segments": "contacts/segment/",
    "holidays": "campaigns/holidaycalendar/",
    "holiday-calendar": "campaigns/holidaycalendar/1/change/",
    "quiet-hours": "sending/quiethours/",
    "attributes": "contacts/attribute/",
    "attribute": "contacts/attribute/1/change/",
    "attribute-merge": "contacts/attribute/1/merge/",
    "imports": "contacts/contactimport/",
    "import-upload": "contacts/contactimport/upload/",
    "suppressions": "contacts/suppression/",
    "inbox": "accounts/inboundmessage/",
    "accounts": "accounts/account/",
    "account": "accounts/account/1/change/",
    "account-upload": "accounts/account/upload/",
    "account-quarantine": "accounts/account/1/ask/quarantine/",
    "account_tasks": "accounts/account_task/",
    "friends": "accounts/friend/",
    "sessions": "accounts/session/",
    "egresses": "accounts/egress/",
    "workers": "accounts/worker/",
    "outages": "accounts/outage/",
    "policies": "sending/resultpolicy/",
    "operators": "auth/user/",
    "missing": "nowhere/",
}
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
    parser.add_argument("--only", nargs="*", default=list(PAGES), choices=list(PAGES))
    options = parser.parse_args()
    if not os.access(CHROMIUM, os.X_OK):
        print(f"There is no browser at {CHROMIUM}: apt-get install chromium fonts-noto-cjk")
        return 1
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="qqshots-") as folder:
        stack = RunningStack(Path(folder) / "home", arguments=("--demo",))
        with stack, _browser() as browser:
            for look in LOOKS:
                _take(browser, stack, look, names=options.only, out=options.out)
    print(f"{len(options.only) * len(LOOKS)} pictures are in {options.out}/")
    return 0


@contextmanager
def _browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def _take(browser: Any, stack: RunningStack, look: str, *, names: list[str], out: Path) -> None:
    width, height, scheme, language = LOOKS[look]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, device_scale_factor=1
    )
    context.add_cookies([{"name": "django_language", "value": language, "url": stack.url}])
    context.add_init_script(f"localStorage.setItem('_x_adminTheme', JSON.stringify('{scheme}'))")
    page = context.new_page()
    page.set_default_timeout(60_000)
    if "login" in names:
        page.goto(stack.url + PAGES["login"])
        page.screenshot(path=out / f"login-{look}.png")
    page.goto(stack.url + "login/")
    name, password = stack.login
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", password)
    page.click("#login-form button[type=submit]")
    page.locator("#overview").wait_for()
    # Messages are on their way: the pages have something to show.
    stack.wait_until(lambda: _is_sending(page, stack), what="the demo's first messages")
    for name in names:
        if name != "login":
            page.goto(stack.url + PAGES[name], wait_until="networkidle")
            page.screenshot(path=out / f"{name}-{look}.png", full_page=look == "phone")
    context.close()


def _is_sending(page: Any, stack: RunningStack) -> bool:
    page.goto(stack.url + PAGES["campaign"])
    sent = page.locator(".q-figure.success b")
    return sent.count() > 0 and sent.inner_text() not in {"", "0"}


if __name__ == "__main__":
    sys.exit(main())
