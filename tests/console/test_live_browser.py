"""In a real browser: a part that is replaced by itself takes no click and no focus away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.console.sample_data import make_operator, make_world
from tests.console.test_browser_twin_edits import sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.one_database,  # It is about a script.
]
LIVE = "**/campaign/*/live/**"
PAUSE = "#live a[href*='/do/pause/']"


@pytest.fixture
def page(page: Any, live_server: Any, clean_redis: Any) -> Iterator[Any]:
    """The page of a running campaign, which asks for its live part every two seconds."""
    campaign = make_world(people=6)
    make_operator()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.set_default_timeout(60_000)
    page.goto(f"{live_server.url}/campaigns/campaign/{campaign.pk}/page/")
    sign_in(page)
    page.locator(PAUSE).wait_for()
    yield page
    assert problems == []


def mark(page: Any) -> None:
    page.evaluate(f'document.querySelector("{PAUSE}").wasHere = true')


def is_replaced(page: Any) -> None:
    """Wait until another button has the place of the marked one."""
    page.wait_for_function(f'!document.querySelector("{PAUSE}").wasHere')


def test_a_click_that_has_begun_is_finished(page: Any) -> None:
    is_replaced(page)  # it is live
    page.locator(PAUSE).hover()
    mark(page)
    page.mouse.down()
    with page.expect_response(LIVE):
        pass  # answers come meanwhile
    with page.expect_response(LIVE):
        pass
    page.mouse.up()
    page.wait_for_url("**/do/pause/**")


def test_the_focus_stays_and_the_part_goes_on_changing(page: Any) -> None:
    page.locator(PAUSE).focus()
    mark(page)
    is_replaced(page)
    assert "/do/pause/" in page.evaluate("document.activeElement.getAttribute('href')")
    mark(page)
    is_replaced(page)
    page.keyboard.press("Enter")
    page.wait_for_url("**/do/pause/**")
