"""In a real browser: the story of a delivery beside the list, and the day of an account."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Account
from campaigns.models import Campaign
from sending.models import Attempt, Delivery
from tests.console.sample_data import make_operator, make_world
from tests.console.test_browser_twin_edits import sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.one_database,  # It is about scripts and styles.
]


@pytest.fixture
def campaign() -> Campaign:
    """A campaign with a run under way."""
    return make_world(people=14)


@pytest.fixture
def page(page: Any, live_server: Any, clean_redis: Any, campaign: Campaign) -> Iterator[Any]:
    """A page of a signed-in operator, on which no script fails."""
    make_operator()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.set_default_timeout(30_000)
    page.goto(f"{live_server.url}/login/")
    sign_in(page)
    page.address = live_server.url
    yield page
    assert problems == []


def _focused(page: Any) -> str:
    """Return the address, else the id, of what has the focus."""
    script = "document.activeElement.getAttribute('href') || document.activeElement.id"
    return str(page.evaluate(script))


def _shows(page: Any, delivery: Any) -> None:
    """Wait until the panel tells of a delivery and has the focus."""
    title = page.locator(".q-panel #story-title", has_text=str(delivery.uin))
    title.wait_for()
    page.wait_for_function("document.activeElement.id === 'story-title'")
    assert page.url.endswith(f"#delivery-{delivery.pk}")


def test_the_story_is_read_by_keyboard_beside_the_list(page: Any) -> None:
    rows = list(Delivery.objects.filter(state="failed").order_by("reason", "pk"))
    assert len(rows) > 1
    address = (
        f"{page.address}/sending/delivery/?state__exact=failed&run__id__exact={rows[0].run_id}"
    )
    page.goto(address)
    page.keyboard.press("j")
    assert f"/sending/delivery/{rows[0].pk}/change/" in _focused(page)
    page.keyboard.press("o")
    _shows(page, rows[0])
    page.keyboard.press("j")
    _shows(page, rows[1])
    assert page.locator("tr.q-shown").count() == 1
    page.keyboard.press("k")
    _shows(page, rows[0])
    page.keyboard.press("Escape")
    page.locator(".q-panel").wait_for(state="detached")
    assert page.url == address
    assert f"/sending/delivery/{rows[0].pk}/change/" in _focused(page)
    page.keyboard.press("Enter")
    _shows(page, rows[0])
    page.go_back()  # one step, however many rows were looked at
    page.locator(".q-panel").wait_for(state="detached")
    assert page.url == address


def test_the_address_is_shared_and_a_verb_leads_back_to_the_panel(page: Any) -> None:
    failed = Delivery.objects.filter(state="failed").order_by("pk")[0]
    page.goto(f"{page.address}/sending/delivery/?state__exact=failed#delivery-{failed.pk}")
    _shows(page, failed)
    page.locator(".q-panel").get_by_role("link", name="Retry").click()
    page.get_by_role("button", name="Retry", exact=True).click()
    _shows(page, failed)
    page.locator(".q-panel .q-badge", has_text="pending").first.wait_for()
    # What happens to an open one appears by itself.
    Delivery.objects.filter(pk=failed.pk).update(state="cancelled")
    page.locator(".q-panel .q-story-head .q-badge", has_text="cancelled").wait_for()
    page.locator(".q-panel [data-close]").click()
    page.locator(".q-panel").wait_for(state="detached")
    assert "#" not in page.url


def test_typing_moves_nothing_and_a_new_tab_gets_the_page(page: Any) -> None:
    sent = Delivery.objects.filter(state="sent").order_by("pk")[0]
    page.goto(f"{page.address}/sending/delivery/?state__exact=sent")
    page.locator("#searchbar").press_sequentially("jok")
    assert page.locator("#searchbar").input_value() == "jok"
    assert page.locator(".q-panel").count() == 0
    with page.context.expect_page() as opened:
        page.locator(f"a[href*='/sending/delivery/{sent.pk}/change/']").click(
            modifiers=["ControlOrMeta"]
        )
    opened.value.locator("main #story").wait_for()
    assert opened.value.locator(".q-panel").count() == 0


def test_on_a_phone_the_panel_covers_the_page(page: Any) -> None:
    page.set_viewport_size({"width": 390, "height": 780})
    sent = Delivery.objects.filter(state="sent").order_by("pk")[0]
    page.goto(f"{page.address}/sending/delivery/?state__exact=sent#delivery-{sent.pk}")
    _shows(page, sent)
    assert page.evaluate("document.getElementById('page').inert") is True
    assert page.locator(".q-panel").bounding_box()["width"] == 390
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(".q-panel [data-close]").click()
    page.locator(".q-panel").wait_for(state="detached")
    assert page.evaluate("document.getElementById('page').inert") is False


def test_an_accounts_day_is_drawn_and_read_as_a_table(page: Any) -> None:
    account = Account.objects.order_by("uin")[0]
    Account.objects.filter(pk=account.pk).update(per_day=500, per_hour=80)
    now = timezone.now()
    Attempt.objects.bulk_create(
        Attempt(
            delivery=Delivery.objects.all()[0], account=account, seq=900_000 + n, res="0",
            marked_at=now - timedelta(minutes=n), finished_at=now - timedelta(minutes=n),
        )
        for n in reversed(range(90))
    )  # fmt: skip
    page.goto(f"{page.address}/accounts/account/{account.pk}/change/")
    page.locator(".q-account-day canvas").wait_for()
    legend = page.locator(".q-account-day .u-legend").inner_text()
    assert "0: accepted" in legend
    assert re.search(r"in 24 h / 500", legend)
    page.get_by_text("As a table").click()
    assert page.locator(".q-account-day tbody tr").count() >= 2
