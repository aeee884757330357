"""In a real browser: the chart of a run, the palette by keyboard, and rooms that stay open."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from sending.models import RunMinute
from tests.console.sample_data import FIRST_UIN, make_operator, make_world
from tests.console.test_browser_twin_edits import sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.one_database,  # It is about scripts and styles.
]


def test_an_operator_reads_the_chart_and_goes_by_keyboard(
    page: Any, live_server: Any, clean_redis: Any
) -> None:
    make_operator()
    campaign = make_world(people=14)
    run = campaign.runs.get()
    now = int(timezone.now().timestamp()) // 60
    for back in range(30):
        RunMinute.objects.create(run=run, minute=now - back, res="0", n=100 + back)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.set_default_timeout(30_000)
    page.goto(f"{live_server.url}/login/")
    sign_in(page)

    page.goto(f"{live_server.url}/campaigns/campaign/{campaign.pk}/page/")
    page.locator(".q-chart canvas").wait_for()
    page.locator(".q-chart .u-over").hover()
    page.wait_for_function(
        "document.querySelector('.q-chart .u-legend').innerText.match(/1[0-9][0-9]/)"
    )
    page.get_by_text("As a table").click()
    assert page.locator(".q-chart-table tbody tr").count() == 30

    # The palette on a page without a search, the search on a list.
    page.keyboard.press("/")
    search = page.locator("#search-input-command")
    search.wait_for()
    search.press_sequentially(str(FIRST_UIN + 3))
    page.locator("#command-results-list", has_text="张伟3").wait_for()
    page.keyboard.press("Escape")
    page.goto(f"{live_server.url}/contacts/contact/")
    page.keyboard.press("/")
    page.wait_for_function("document.activeElement.id === 'searchbar'")

    # A room that was opened is open on the next page.
    workers = page.locator("#nav-sidebar-apps a[href='/accounts/worker/']")
    assert not workers.is_visible()
    page.get_by_role("button", name="Engine room").click()
    workers.wait_for()
    page.goto(f"{live_server.url}/contacts/contactlist/")
    workers.wait_for()
    assert problems == []
