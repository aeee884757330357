"""Take a picture of every page in light and dark, on a phone, and in both languages.

    python tests/screenshots.py [--out FOLDER] [--only NAME ...]

It starts the demo in a home of its own, waits until messages are on their way, and takes them. The
pages that the demo leaves empty are taken from a second stack with sample data.
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

from tests.running_stack import RunningStack

CHROMIUM = "/usr/bin/chromium"
#: name -> address
PAGES = {
    "login": "login/",
    "overview": "",
    "reports": "reports/",
    "reports-saved": "reports/saved/",
    "help": "help/",
    "help-search": "help/?q=pause",
    "help-page": "help/pages/working/",
    "help-glossary": "help/pages/glossary/",
    "help-codes": "help/pages/codes/",
    "calendar": "calendar/",
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
    "inbound-messages": "accounts/inboundmessage/",
    "accounts": "accounts/account/",
    "account": "accounts/account/1/change/",
    "account-upload": "accounts/account/upload/",
    "account-quarantine": "accounts/account/1/ask/quarantine/",
    "account_tasks": "accounts/accounttask/",
    "friends": "accounts/friend/",
    "friend-search": "accounts/friend/search/",
    "friend-changes": "accounts/friendevent/",
    "own-requests": "accounts/friendlink/",
    "own-request": "accounts/friendlink/request/",
    "profiles": "accounts/profile/",
    "sessions": "accounts/session/",
    "egresses": "accounts/egress/",
    "workers": "accounts/worker/",
    "outages": "accounts/outage/",
    "policies": "sending/resultpolicy/",
    "operators": "auth/user/",
    "roles": "auth/group/",
    "audit": "audit/auditentry/",
    "tokens": "api/token/",
    "webhooks": "webhooks/endpoint/",
    "webhook-messages": "webhooks/message/",
    "notifications": "campaigns/notification/",
    "data": "upkeep/",
    "signing-in": "signing-in/own/",
    "tour": "?tour=1",
    "missing": "nowhere/",
}
#: name -> address with keys of `tests.console.whole_world`: the pages that the demo does not fill.
FILLED_PAGES = {
    "labels": "labels/label/",
    "label": "labels/label/{label}/change/",
    "pools": "accounts/accountpool/",
    "pool": "accounts/accountpool/{pool}/change/",
    "pool-add": "accounts/accountpool/add/",
    "curves": "accounts/warmupcurve/",
    "curve-add": "accounts/warmupcurve/add/",
    "account-warming-up": "accounts/account/{account}/change/",
    "cap": "campaigns/defaultcap/",
    "snippets": "campaigns/snippet/",
    "snippet": "campaigns/snippet/{snippet}/change/",
    "words": "sending/forbiddenword/",
    "word-import": "sending/forbiddenword/import/",
    "template-languages": "campaigns/messagetemplate/{template}/change/",
    "template-versions": "campaigns/messagetemplate/{template}/versions/",
    "template-version": "campaigns/messagetemplate/{template}/versions/1/",
    "template-changes": "campaigns/messagetemplate/{template}/history/",
    "sequences": "campaigns/sequence/",
    "sequence": "campaigns/sequence/{sequence}/page/",
    "sequence-definition": "campaigns/sequence/{sequence}/change/",
    "sequence-changes": "campaigns/sequence/{sequence}/history/",
    "sequence-end": "campaigns/sequence/{sequence}/do/end/",
    "sequence-add": "campaigns/sequence/add/",
    "sequence-people": "campaigns/sequenceperson/",
    "sequence-person": "contacts/contact/{person}/change/",
    "variants": "campaigns/campaign/{variants}/page/",
    "variants-edit": "campaigns/campaign/{variants}/change/",
    "figures": "campaigns/campaign/{variants}/figures/",
    "approval": "campaigns/campaign/{approval}/approval/",
    "rehearsal": "campaigns/campaign/{approval}/preflight/",
    "approval-settings": "campaigns/approvalsettings/",
    "retry": "campaigns/campaign/{campaign}/retry/",
    "tests": "campaigns/campaign/{campaign}/test/",
    "draft": "campaigns/campaign/{draft}/page/",
    "clone": "campaigns/campaign/{draft}/clone/",
    "definition-import": "campaigns/campaign/import/",
    "steps": "campaigns/campaign/new/",
    "step-who": "campaigns/campaign/{draft}/steps/who/",
    "step-what": "campaigns/campaign/{draft}/steps/what/",
    "step-senders": "campaigns/campaign/{draft}/steps/senders/",
    "step-when": "campaigns/campaign/{draft}/steps/when/",
    "step-check": "campaigns/campaign/{draft}/steps/check/",
    "friend-requests": "accounts/friendrequest/",
    "delivery-panel": "sending/delivery/?state__exact=sent#delivery-{delivery}",
    "accounts-by-trouble": "accounts/account/?wrong=needs-somebody",
    "inbox": "conversations/conversation/",
    "conversation": "conversations/conversation/?c={conversation}",
    "rules": "conversations/replyrule/",
    "rule": "conversations/replyrule/{rule}/change/",
    "opt-outs": "sending/optout/",
    "opt-out-words": "sending/optoutword/",
    "opt-out-word-add": "sending/optoutword/add/",
    "opt-out-import": "sending/optoutword/import/",
    "opting-out": "sending/optoutsettings/",
    "canned-answers": "conversations/cannedanswer/",
    "canned-answer-add": "conversations/cannedanswer/add/",
}
#: Pages whose answer is that there is nothing.
NOT_FOUND = ("missing",)
NAMES = [*PAGES, *FILLED_PAGES]
FILL = "from tests.console.whole_world import fill; fill()"
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
        pages = {name: PAGES[name] for name in options.only if name in PAGES}
        if pages:
            with RunningStack(Path(folder) / "home", arguments=("--demo",)) as stack:
                for look in LOOKS:
                    # Messages are on their way: the pages have something to show.
                    _take(browser, stack, look, pages=pages, out=options.out, is_awaited=True)
        names = [name for name in options.only if name in FILLED_PAGES]
        if names:
            with _filled_stack(Path(folder) / "filled") as (stack, keys):
                pages = {name: FILLED_PAGES[name].format(**keys) for name in names}
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
def _filled_stack(home: Path) -> Iterator[tuple[RunningStack, dict[str, int]]]:
    """Yield a stack with a row of everything that has a page, and the keys of these rows by name.

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
    if "login" in pages:
        page.goto(stack.url + PAGES["login"])
        page.screenshot(path=out / f"login-{look}.png")
    page.goto(stack.url + "login/")
    name, password = stack.login
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", password)
    page.click("#login-form button[type=submit]")
    page.locator("#overview").wait_for()
    if is_awaited:
        stack.wait_until(lambda: _is_sending(page, stack), what="the demo's first messages")
    for name, address in pages.items():
        if name != "login":
            answer = page.goto(stack.url + address, wait_until="networkidle")
            if name not in NOT_FOUND and answer is not None and answer.status != 200:
                raise SystemExit(f"{address} answers {answer.status}: correct its address here.")
            page.screenshot(path=out / f"{name}-{look}.png", full_page=look == "phone")
    context.close()


def _is_sending(page: Any, stack: RunningStack) -> bool:
    page.goto(stack.url + PAGES["campaign"])
    sent = page.locator(".q-figure.success b")
    return sent.count() > 0 and sent.inner_text() not in {"", "0"}


if __name__ == "__main__":
    sys.exit(main())
