"""In a real browser: a newcomer makes a first campaign to a CSV of their own, step by step.

The installation is empty but for one account. Every click and every field typed into is counted:
that is what "in under three minutes, unread" rests on.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from campaigns.models import Campaign
from campaigns.tasks import advance_all_runs
from contacts.imports.run import run_import
from contacts.models import ContactImport
from qqhttp.simulator import GatewaySimulator
from qqhttp.simulator.population import password_of, populate
from sending.models import Delivery
from sending.states import DeliveryState
from tests.campaigns.weekly import done, write
from tests.console.sample_data import make_operator
from tests.console.test_browser_twin_edits import sign_in
from tests.sending.working import LocalWorker, wait_until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.one_database,  # It is about pages, and what they save is in test_steps.
    pytest.mark.timeout(300),
]

#: The most that a newcomer may need: at five seconds each that is a minute.
MOST_CLICKS, MOST_FIELDS = 12, 2


@pytest.fixture
def gateway(settings: Any) -> Iterator[GatewaySimulator]:
    with GatewaySimulator(accounts=1, friends=6, heartbeat=1) as simulator:
        settings.QQ_GATEWAY_URL = simulator.url
        settings.QQ_READ_TIMEOUT = settings.QQ_CONNECT_TIMEOUT = 2.0
        yield simulator


class Newcomer:
    """Somebody who clicks what the page offers. Counts the clicks and the fields typed into."""

    def __init__(self, page: Any) -> None:
        self.page, self.clicks, self.fields = page, 0, 0

    def click(self, words: str) -> None:
        target = self.page.locator("#main :is(a, button):visible", has_text=words).first
        target.click()
        self.clicks += 1
        self.page.wait_for_load_state()

    def type(self, selector: str, text: str) -> None:
        self.page.click(selector)
        self.page.keyboard.type(text)
        self.fields += 1


def test_a_newcomer_sends_a_first_campaign_to_a_csv_of_their_own(
    page: Any, live_server: Any, clean_redis: Any, gateway: GatewaySimulator, tmp_path: Path
) -> None:
    (account,) = populate(gateway.settings).values()
    row = (account.uin, password_of(account.uin), 0)
    accounts = write(tmp_path / "a.csv", ("uin", "password", "min_interval"), [row])
    done("import_accounts", accounts)
    friends = sorted(account.friends)
    people = write(tmp_path / "客户.csv", ("QQ", "姓名"), [(uin, f"人{uin}") for uin in friends])
    make_operator()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.set_default_timeout(30_000)
    page.goto(f"{live_server.url}/")
    sign_in(page)
    newcomer = Newcomer(page)

    newcomer.click("Make a campaign")
    page.get_by_text("There is no list yet.").wait_for()
    assert not Campaign.objects.exists()  # looking makes nothing
    newcomer.click("Import people from a file")
    page.set_input_files("input[name=file]", people)
    newcomer.clicks += 1
    newcomer.click("Upload and check")
    page.get_by_role("button", name="Import", exact=True).wait_for()
    newcomer.clicks += 1
    page.get_by_role("button", name="Import", exact=True).click()
    page.locator("#live").wait_for()
    assert run_import(import_id=ContactImport.objects.get().pk)
    newcomer.click("Continue with these people")
    # The people who came with the file are chosen, saved and counted without a click.
    page.locator(".q-step-result b", has_text="6").first.wait_for()
    assert [str(one) for one in Campaign.objects.get().lists.all()] == ["客户"]
    newcomer.click("Next")
    newcomer.type("#id_text", "你好 ")
    newcomer.click("{{ name }}")
    page.locator(".q-bubble [data-rendered]", has_text=f"你好 人{friends[0]}").wait_for()
    newcomer.click("Next")
    newcomer.click("Next")
    newcomer.click("Next")
    with LocalWorker() as worker:
        newcomer.click("Start now")
        page.get_by_text("has started").first.wait_for()
        wait_until(_sent_all, what="the messages")
    assert worker.deaths == []
    received = {message.un for message in gateway.control.messages()}
    assert received == set(friends)
    assert newcomer.clicks <= MOST_CLICKS, newcomer.clicks
    assert newcomer.fields <= MOST_FIELDS, newcomer.fields
    assert problems == []


def test_leaving_and_coming_back_loses_nothing(page: Any, live_server: Any) -> None:
    make_operator()
    page.set_default_timeout(30_000)
    page.goto(f"{live_server.url}/campaigns/campaign/new/")
    sign_in(page)
    page.fill("#id_name", "春")
    page.locator("[data-saved]", has_text="Saved").wait_for()
    campaign = Campaign.objects.get()
    assert campaign.name == "春"
    page.wait_for_url(f"**/{campaign.pk}/steps/who/")
    page.get_by_role("button", name="What").click()
    page.fill("#id_text", "你好 {{ nmae }}")
    page.locator("[data-saved]", has_text="Saved").wait_for()
    page.wait_for_timeout(700)
    page.goto(f"{live_server.url}/")
    page.goto(f"{live_server.url}/campaigns/campaign/{campaign.pk}/steps/what/")
    assert page.input_value("#id_text") == "你好 {{ nmae }}"
    page.get_by_role("button", name="Next").click()
    page.locator(".field-text .errorlist", has_text="Did you mean {{ name }}?").wait_for()
    page.goto(f"{live_server.url}/campaigns/campaign/{campaign.pk}/page/")
    page.get_by_role("link", name="Step by step").click()
    page.locator("#step-title", has_text="Who").wait_for()
    assert page.input_value("#id_name") == "春"


def _sent_all() -> bool:
    advance_all_runs()
    states = list(Delivery.objects.values_list("state", flat=True))
    return len(states) == 6 and set(states) == {DeliveryState.SENT}
