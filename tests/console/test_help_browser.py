"""In a real browser: the help panel, what a code means, and the tour, by keyboard and by axe."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from campaigns.saved_reports.keep import save_report
from qqcampaign.console.models import TourSeen
from tests.console.looking import violations
from tests.console.sample_data import make_operator, make_world
from tests.console.test_browser_twin_edits import sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.one_database,  # It is about scripts and styles.
]


@pytest.mark.timeout(400)
@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.exhaustive)])
def test_help_is_where_it_is_needed(
    scheme: str, chromium: Any, live_server: Any, clean_redis: Any
) -> None:
    make_operator()
    User.objects.update(email="op@example.com")
    campaign = make_world(people=14)
    context = chromium.new_context(
        viewport={"width": 1280, "height": 900},
        color_scheme=scheme,
        locale="en-US",
        reduced_motion="reduce",
    )
    context.add_init_script(f"localStorage.setItem('_x_adminTheme', JSON.stringify('{scheme}'))")
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.extend([said.text] if said.type == "error" else []))
    page.set_default_timeout(60_000)
    page.goto(f"{live_server.url}/login/")
    sign_in(page)

    # The tour, by keyboard alone: it begins where it is offered, and Escape ends it for good.
    page.goto(f"{live_server.url}/")
    page.locator("[data-tour-start]").focus()
    page.keyboard.press("Enter")
    card = page.locator(".q-tour")
    card.get_by_text("Sender accounts").wait_for()
    _look(page, f"tour-{scheme}")
    assert violations(page) == []
    page.keyboard.press("Enter")
    card.get_by_text("Import your people").wait_for()
    with page.expect_response("**/help/tour/"):
        page.keyboard.press("Escape")
    assert card.count() == 0
    assert TourSeen.objects.count() == 1
    page.reload()
    assert page.locator("#tour").count() == 0

    # The panel, by the key and by the button.
    page.goto(f"{live_server.url}/accounts/account/")
    page.locator("#content").focus()
    page.keyboard.press("?")
    panel = page.locator("#help-panel")
    panel.get_by_text("Quarantined").wait_for()
    _look(page, f"panel-{scheme}")
    assert violations(page) == []
    page.keyboard.press("Escape")
    panel.wait_for(state="hidden")
    assert page.evaluate("document.activeElement.matches('[data-help]')")
    page.keyboard.press("Enter")
    panel.wait_for()
    panel.get_by_text("Read more").click()
    page.wait_for_url("**/help/pages/working/#accounts")
    page.locator("#help-search").fill("pause")
    page.keyboard.press("?")  # a sign that is typed opens nothing
    assert not panel.is_visible()

    # What a code means: on hover, on focus, on a click; Escape takes it away.
    page.goto(f"{live_server.url}/sending/delivery/")
    code = page.locator("button[data-code='0']").first
    code.hover()
    tip = page.locator(".q-tip")
    tip.get_by_text("The gateway accepted the message.").wait_for()
    _look(page, f"code-{scheme}")
    assert violations(page) == []
    page.keyboard.press("Escape")
    assert tip.count() == 0
    page.mouse.move(0, 0)
    code.focus()
    tip.wait_for()
    assert code.get_attribute("aria-describedby") == "code-tip"
    page.keyboard.press("Tab")
    page.goto(f"{live_server.url}/campaigns/campaign/{campaign.pk}/page/")
    page.locator("a[data-code]").first.hover()
    tip.wait_for()
    _look(page, f"campaign-code-{scheme}")
    for address in ("help/", "help/?q=pause", "help/pages/codes/", "reports/", "reports/saved/"):
        page.goto(f"{live_server.url}/{address}")
        assert violations(page) == [], address
        _look(page, f"{address.strip('/').replace('/', '-').replace('?q=', '-')}-{scheme}")
    report = save_report(name="weekly", period="last-7-days")
    page.goto(f"{live_server.url}/reports/saved/{report.pk}/mail/")
    assert page.locator(".q-if-weekly").is_visible()
    assert not page.locator(".q-if-monthly").is_visible()
    _look(page, f"mail-{scheme}")
    assert violations(page) == []
    page.locator("[name=kind]").select_option("monthly")
    assert page.locator(".q-if-monthly").is_visible()
    page.locator("[name=to]").check()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("every month on day 1 at 09:00").wait_for()
    _look(page, f"saved-{scheme}")
    assert violations(page) == []
    assert problems == []


def _look(page: Any, name: str) -> None:
    """Nothing here; a picture may be taken."""


@pytest.mark.timeout(200)
def test_on_a_phone_nothing_is_wider_than_the_page(
    chromium: Any, live_server: Any, clean_redis: Any
) -> None:
    make_operator()
    make_world(people=14)
    context = chromium.new_context(viewport={"width": 390, "height": 780}, locale="en-US")
    context.add_cookies(
        [{"name": "django_language", "value": "zh-hans", "url": str(live_server.url)}]
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{live_server.url}/login/")
    sign_in(page)
    for address in ("help/", "help/pages/cli/", "help/pages/codes/", "reports/", "reports/saved/"):
        page.goto(f"{live_server.url}/{address}")
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, (address, width)
        _look(page, f"phone-{address.strip('/').replace('/', '-')}")
    page.goto(f"{live_server.url}/?tour=1")
    page.locator(".q-tour").wait_for()
    _look(page, "phone-tour")
    page.keyboard.press("Escape")
    page.locator("[data-help]").click()
    page.locator("#help-panel h3").first.wait_for()
    _look(page, "phone-panel")
    box = page.locator("#help-panel").bounding_box()
    assert box is not None
    assert box["width"] <= 390
