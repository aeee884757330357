"""A whole day at the console, in a real browser, on the real stack and in both languages.

An administrator begins with an empty installation and gives three colleagues their roles. An
operator makes a campaign for people from a file, an approver decides on it, a viewer looks on. Each
page that somebody comes to is looked at closely (`Colleague.look`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from django.utils import timezone

from qqhttp.simulator import GatewaySimulator
from qqhttp.simulator.population import password_of, populate
from tests.console.colleague import Colleague
from tests.running_stack import RunningStack

pytestmark = [
    pytest.mark.browser,
    pytest.mark.stack,
    pytest.mark.exhaustive,  # test_browser.py is its short relative
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        os.environ.get("DAY") != "1",
        reason="the day is not steady on a busy machine yet: DAY=1 runs it",
    ),
]

ACCOUNTS, FRIENDS = 3, 4
PEOPLE = ACCOUNTS * FRIENDS
PASSWORD = "a long enough day 2026"
ROLES = {"olga": "operator", "ann": "approver", "vera": "viewer"}
TEMPLATE, CAMPAIGN, PEOPLE_LIST = "问候", "双十一", "老客户"
#: Somebody who is nobody's friend yet. The simulator adds this person at once.
STRANGER = 60_000


@pytest.fixture
def gateway() -> Iterator[GatewaySimulator]:
    with GatewaySimulator(
        accounts=ACCOUNTS, friends=FRIENDS, min_interval=0.0, heartbeat=1
    ) as simulator:
        yield simulator


class Day:
    """The stack, its gateway, and the colleagues at work: one method for each part of the day."""

    olga: Colleague
    ann: Colleague
    account: int
    asking: int
    leaving: int

    def __init__(
        self, chromium: Any, stack: RunningStack, gateway: GatewaySimulator, folder: Path, lang: str
    ) -> None:
        self._chromium, self._stack, self._gateway = chromium, stack, gateway
        self._folder, self._language = folder, lang
        self.colleagues: list[Colleague] = []
        self.friends = {one.uin: sorted(one.friends) for one in populate(gateway.settings).values()}
        name, password = stack.login
        self.admin = self.arrives(name, password)

    def arrives(self, name: str, password: str = PASSWORD) -> Colleague:
        """Sign somebody in."""
        colleague = Colleague(
            self._chromium,
            self._stack.url.rstrip("/"),
            name=name,
            password=password,
            language=self._language,
        )
        self.colleagues.append(colleague)
        return colleague

    def sent(self) -> int:
        """Return how many messages the gateway has."""
        return len(self._gateway.control.messages())

    # --- the morning: an empty installation ----------------------------------------------------

    def first_steps(self) -> None:
        """Import accounts from a file, and let them fetch their friends."""
        admin = self.admin
        admin.says("First steps")
        admin.look("first-steps")
        rows = [f"{uin},{password_of(uin)},客服{uin},0" for uin in self.friends]
        file = self._folder / "accounts.csv"
        file.write_text("\n".join(["uin,password,name,min_interval", *rows]), encoding="utf-8")
        admin.follow("Import accounts")
        admin.look("import-accounts")
        admin.page.set_input_files("input[name=file]", file)
        admin.press("Import")
        admin.says("Result of the import")
        admin.look("imported-accounts")
        admin.follow("To the accounts")
        admin.run_action("act_sync")
        # The list follows by itself, although nobody loads it again.
        rows = admin.page.locator("#result_list tbody tr", has_text=admin.words("online"))
        rows.nth(ACCOUNTS - 1).wait_for()
        admin.page.locator("[data-follow]").wait_for(state="detached")
        assert rows.filter(has_text=str(FRIENDS)).count() == ACCOUNTS
        admin.look("accounts")

    def gives_roles(self) -> None:
        """Make three users with a role each, by the form."""
        admin = self.admin
        for name, role in ROLES.items():
            admin.go("Users")
            admin.open("/auth/user/add/")
            admin.fill(username=name, password1=PASSWORD, password2=PASSWORD)
            admin.page.check(f"input[name=role][value={role}]")
            admin.look(f"user-{role}")
            admin.press("Save")
            admin.page.wait_for_url("**/change/**")
        admin.go("Users")
        admin.shows("vera")
        admin.look("users")

    # --- the operator: people, a template, a campaign ------------------------------------------

    def imports_people(self) -> None:
        """Import people from a file as a spreadsheet program on Windows writes it."""
        olga = self.olga
        olga.look("overview")
        olga.go("Imports")
        olga.look("imports-empty")
        uins = [uin for friends in self.friends.values() for uin in friends]
        rows = [f"{uin},张伟{n},北京" for n, uin in enumerate(uins)]
        file = self._folder / "客户.csv"
        file.write_bytes("\r\n".join(["QQ号,姓名,城市", *rows]).encode("gb18030"))
        olga.open("/contacts/contactimport/upload/")
        olga.look("import-upload")
        olga.page.set_input_files("input[name=file]", file)
        olga.fill(new_list=PEOPLE_LIST)
        olga.press("Upload and check")
        olga.says("Dry run: nothing is loaded")
        olga.look("import-check")
        olga.press("Import")
        olga.page.locator("#main a", has_text=olga.words("Make a campaign")).wait_for()
        olga.look("import-done")

    def writes_template(self) -> None:
        """Write a template whose text each person gets with their own name."""
        olga = self.olga
        olga.open("/campaigns/messagetemplate/add/")
        olga.fill(name=TEMPLATE, text="{{ name }}，您好！")
        olga.look("template")
        olga.press("Save")
        olga.page.locator("#main .bg-green-100, #main [class*=green]").first.wait_for()
        olga.go("Message templates")
        olga.shows(TEMPLATE)
        olga.look("templates")

    def makes_campaign(self) -> None:
        """Make a campaign step by step, which begins tomorrow."""
        olga = self.olga
        olga.open("/campaigns/campaign/new/")
        olga.fill(name=CAMPAIGN)
        olga.choose("lists", PEOPLE_LIST)
        olga.page.locator(".q-step-result b", has_text=str(PEOPLE)).first.wait_for()
        olga.look("step-who")
        olga.press("Next step")
        olga.page.locator("details.q-step-more summary").click()
        olga.choose("template", TEMPLATE)
        olga.look("step-what")
        olga.press("Next step")
        olga.look("step-senders")
        olga.press("Next step")
        tomorrow = timezone.localtime() + timedelta(days=1)
        olga.fill(starts_at_0=f"{tomorrow:%Y-%m-%d}", starts_at_1="09:30")
        olga.page.locator(".q-month td.starts").wait_for()
        olga.look("step-when")
        olga.press("Next step")
        olga.shows("张伟0，您好！")
        olga.look("step-check")
        # Approval and the rate are not among the steps: all settings have them.
        olga.follow("All settings")
        olga.unfold("Labels and approval")
        olga.page.check("[name=needs_approval]")
        olga.look("settings")
        olga.press("Save")
        olga.says("Not started yet")

    # --- approval, twice: for tomorrow, and for today --------------------------------------------

    def schedules(self) -> None:
        """Start it; a second person approves; the calendar shows it, and nothing is sent."""
        olga, ann = self.olga, self.ann
        self._asks("start")
        olga.look("awaiting")
        self._decides("Never approved before")
        ann.look("approved")
        olga.says("Run %(number)s", number=1)
        olga.page.locator(".q-badge", has_text=olga.words("scheduled")).first.wait_for()
        olga.look("scheduled")
        olga.go("Calendar")
        olga.shows(CAMPAIGN)
        olga.look("calendar")
        assert self.sent() == 0

    def starts_today(self) -> None:
        """Cancel the date, and ask again for a start at once, one message a minute."""
        olga = self.olga
        olga.go("Campaigns")
        olga.look("campaigns")
        olga.follow(CAMPAIGN)
        self._does("cancel")
        olga.page.locator(".q-badge", has_text=olga.words("cancelled")).first.wait_for()
        olga.open(self._campaign("change"))
        olga.unfold("At what hours, and how fast")
        olga.fill(starts_at_0="", starts_at_1="", per_minute=1)
        olga.press("Save")
        olga.page.wait_for_url("**/page/")
        self._asks("start-again")
        self._decides("Changed since the last approval")

    def pauses_and_resumes(self) -> None:
        """Pause after the first message; nothing more is sent; resume, and lift the rate."""
        olga = self.olga
        self._stack.wait_until(lambda: self.sent() >= 1, what="the first message", seconds=120)
        olga.page.locator(".q-badge", has_text=olga.words("running")).first.wait_for()
        olga.look("running")
        self._does("pause")
        olga.page.locator(".q-badge", has_text=olga.words("paused")).first.wait_for()
        olga.says("Why nothing is being sent")
        olga.look("paused")
        before = self.sent()
        olga.open(self._campaign("change"))
        olga.fill(per_minute="")
        olga.press("Save")
        olga.page.wait_for_url("**/page/")
        assert self.sent() == before
        self._does("resume")
        olga.page.locator(".q-badge", has_text=olga.words("finished")).first.wait_for()
        assert self.sent() == PEOPLE
        assert self._gateway.control.figures().twice == 0
        olga.look("finished")

    # --- the afternoon: people write back ------------------------------------------------------

    def people_write(self) -> None:
        """A question, an opt-out and a friend request: each stands on the front page."""
        olga, account = self.olga, min(self.friends)
        asks, leaves = self.friends[account][:2]
        self.account, self.asking, self.leaving = account, asks, leaves
        push = self._gateway.control
        push.push_inbound(uin=account, sender=asks, text="几点开始？")
        push.push_inbound(uin=account, sender=leaves, text="TD")
        push.push_friend_request(uin=account, sender=STRANGER, text="我是老王")
        olga.open("/")
        waiting = olga.page.locator(".q-todo")
        for kind in ("unread_conversations", "friend_requests"):
            waiting.locator(f"[data-kind={kind}]").wait_for()
        olga.look("needs-you")

    def answers(self) -> None:
        """Answer the question in the inbox; the answer is sent."""
        olga, before = self.olga, self.sent()
        olga.go("Inbox")
        olga.page.locator("[data-conversation]", has_text="几点开始").click()
        olga.page.locator("[data-reply]").wait_for()
        olga.look("conversation")
        olga.fill(text="九点半。")
        olga.press("Send")
        answer = olga.page.locator(".q-bubble.q-ours", has_text="九点半。")
        answer.locator(".q-badge.success", has_text=olga.words("sent")).wait_for()
        assert self.sent() == before + 1
        olga.look("answered")

    def keeps_the_opt_out(self) -> None:
        """Find the person who wrote TD among the opt-outs, and as one who gets nothing more."""
        olga = self.olga
        olga.go("Opt-outs")
        olga.shows(str(self.leaving))
        olga.look("opt-outs")
        olga.go("Suppressions")
        olga.shows(str(self.leaving))
        olga.look("suppressions")
        olga.go("Contacts")
        olga.page.locator("#main a", has_text=str(self.leaving)).first.click()
        olga.shows("TD")
        olga.look("person")

    def accepts_a_friend(self) -> None:
        """Accept the friend request; the account tells the gateway."""
        olga = self.olga
        olga.go("Friend requests")
        olga.shows("我是老王")
        olga.look("friend-requests")
        olga.run_action("act_accept", str(STRANGER))
        acks = self._gateway.control.acks
        self._stack.wait_until(
            lambda: acks(uin=self.account).get((STRANGER, 0)) == 1, what="the acceptance"
        )

    def reads_reports(self) -> None:
        """Read the report of the campaign and the overall one, and load the rows as a file."""
        olga = self.olga
        olga.go("Overall report")
        olga.shows(CAMPAIGN)
        olga.look("report")
        olga.open(self._campaign("page"))
        with olga.page.expect_download() as download:
            olga.page.locator("#main a", has_text="CSV").first.click()
        rows = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
        assert len(rows) == PEOPLE + 1
        olga.look("campaign-at-the-end")
        olga.follow("Figures")
        olga.look("figures")

    # --- the viewer, and the administrator again -----------------------------------------------

    def looks_on(self) -> None:
        """A viewer sees all of it, is offered nothing, and is refused what is not offered."""
        vera = self.arrives("vera")
        vera.look("overview")
        vera.go("Campaigns")
        vera.follow(CAMPAIGN)
        vera.look("campaign")
        verbs = vera.page.locator(f"#main a[href*='{self._campaign('do')}']")
        assert verbs.count() == 0
        vera.go("Inbox")
        vera.page.locator("[data-conversation]").first.click()
        vera.shows("九点半。")
        assert vera.page.locator("[data-reply]").count() == 0
        vera.look("inbox")
        vera.go("Friend requests")
        assert vera.page.locator("select[name=action]").count() == 0
        vera.look("friend-requests")
        for path in (
            f"{self._campaign('do')}start-again/",
            "/auth/user/",
            "/campaigns/campaign/add/",
        ):
            vera.is_refused(path)
        vera.look("refused")

    def uses_the_api(self) -> None:
        """Make a token by the form, ask the API with it, and find the request in the log."""
        olga, admin = self.olga, self.admin
        olga.open("/api/token/")
        olga.look("tokens-empty")
        olga.open("/api/token/add/")
        olga.fill(name="商城")
        olga.page.locator("[name=scope]").select_option("read")
        olga.look("token")
        olga.press("Save")
        said = olga.page.locator("text=/qqc_\\S+/").first.inner_text()
        token = re.search(r"qqc_[A-Za-z0-9_-]+", said)
        assert token is not None, said
        olga.look("token-made")
        headers = {"Authorization": f"Bearer {token[0]}"}
        address = f"{self._stack.url}api/v1/campaigns/{CAMPAIGN}"
        answer = requests.get(f"{address}/status", headers=headers, timeout=60)
        assert (answer.status_code, answer.json()["sent"]) == (200, PEOPLE)
        refused = requests.post(f"{address}/start", headers=headers, timeout=60)
        assert refused.status_code == 403
        self._stack.wait_until(lambda: self._is_logged(admin), what="the log of requests")
        admin.look("api-requests")
        admin.go("Audit trail")
        admin.look("audit-trail")
        admin.open("/")
        admin.look("overview")

    # --- parts ---------------------------------------------------------------------------------

    def _is_logged(self, admin: Colleague) -> bool:
        admin.open("/api/apirequest/")
        return bool(admin.page.locator("#result_list tr", has_text="商城").count() >= 2)

    def _campaign(self, page: str) -> str:
        return f"/campaigns/campaign/1/{page}/"

    def _does(self, verb: str) -> None:
        """Press a verb of the campaign, and confirm it."""
        page = self.olga.page
        page.locator(f"#main a[href*='/do/{verb}/']").first.click()
        page.locator("main form button[type=submit]").first.wait_for()
        self.olga.look(f"ask-{verb}")
        page.locator("main form button[type=submit]").first.click()
        page.wait_for_url("**/page/**")

    def _asks(self, verb: str) -> None:
        self.olga.open(self._campaign("page"))
        self._does(verb)
        self.olga.page.locator(
            "#main a", has_text=self.olga.words("Look at the approval")
        ).wait_for()

    def _is_rehearsed(self, ann: Colleague) -> bool:
        ann.page.reload()
        return bool(ann.page.locator(".q-figure").count())

    def _decides(self, heading: str) -> None:
        """Let the approver find the request on the front page, and approve it."""
        ann = self.ann
        ann.open("/")
        ann.look("to-approve")
        ann.follow("Review")
        self._stack.wait_until(lambda: self._is_rehearsed(ann), what="the rehearsal")
        ann.look("approval")
        ann.fill(comment="已核对")
        ann.press("Approve")
        ann.page.wait_for_url("**/page/**")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_whole_day(
    chromium: Any,
    start_stack: Callable[..., RunningStack],
    gateway: GatewaySimulator,
    tmp_path: Path,
    language: str,
) -> None:
    stack = start_stack(
        QQ_GATEWAY_URL=gateway.url, DJANGO_SETTINGS_MODULE="tests.counting_settings"
    )
    day = Day(chromium, stack, gateway, tmp_path, language)
    day.first_steps()
    day.gives_roles()
    day.olga, day.ann = day.arrives("olga"), day.arrives("ann")
    day.imports_people()
    day.writes_template()
    day.makes_campaign()
    day.schedules()
    day.starts_today()
    day.pauses_and_resumes()
    day.people_write()
    day.answers()
    day.keeps_the_opt_out()
    day.accepts_a_friend()
    day.reads_reports()
    day.looks_on()
    day.uses_the_api()
    problems = [problem for one in day.colleagues for problem in one.problems]
    assert not problems, "\n" + "\n".join(problems)
    assert "Traceback" not in stack.logs()
