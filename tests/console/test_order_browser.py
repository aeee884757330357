"""Steps, variants and rules are moved by keyboard and by dragging, in a real browser."""

from __future__ import annotations

from typing import Any

import pytest

from campaigns.creation.create_sequence import create_sequence
from campaigns.creation.sequence_steps import Step
from campaigns.models import Sequence
from campaigns.sequence_states import END, OnlyIf
from conversations.models import ReplyRule
from conversations.rules.save import create_rule
from tests.campaigns.factories import make_list
from tests.campaigns.variants import campaign_with
from tests.console.sample_data import make_operator

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("clean_redis"),
]
TEXTS = ["welcome", "the handbook", "questions?"]


def _numbers(page: Any) -> list[str]:
    """Return the numbers of the rows as they stand below each other."""
    fields = page.locator("tbody.form-group:not(.empty-form) input[data-order]")
    return [value for value in (one.input_value() for one in fields.all()) if value]


def _save(page: Any) -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("#people-title, .errorlist, .errornote").first.wait_for()
    errors = page.locator(".errorlist, .errornote").all_inner_texts()
    assert not errors, errors


def _stored(sequence: Sequence) -> list[str]:
    return list(sequence.steps.order_by("number").values_list("text", flat=True))


ROWS = "tbody.form-group:not(.empty-form), tr[data-order-row]"


@pytest.fixture
def signed_in(page: Any, live_server: Any) -> Any:
    make_operator()
    page.set_default_timeout(60_000)
    page.goto(f"{live_server.url}/login/")
    page.fill("input[name=username]", "op")
    page.fill("input[name=password]", "op")
    page.click("#login-form button[type=submit]")
    page.locator("#overview").wait_for()
    page.set_viewport_size({"width": 1280, "height": 2600})  # a drag does not survive scrolling
    return page


def _first_down(page: Any, first: str) -> None:
    """Move the first row down with the keyboard alone, from its number on."""
    page.locator(first).focus()
    page.keyboard.press("Tab")  # to the button that moves it up
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.title") == "Move down"
    assert page.locator(first).input_value() == "2"


def _last_to_the_top(page: Any, last: int) -> None:
    """Drag a row above the first one."""
    rows = page.locator(ROWS)
    rows.nth(last).locator(".q-handle").hover()
    page.mouse.down()
    for _move in range(2):  # the browser begins to drag with the first
        rows.nth(0).hover(position={"x": 20, "y": 4})
    page.mouse.up()


def test_steps_are_moved(signed_in: Any, live_server: Any) -> None:
    page = signed_in
    steps = [Step(86_400 * n, text=text) for n, text in enumerate(TEXTS)]
    steps[0] = Step(0, OnlyIf.NOT_REPLIED, text=TEXTS[0], else_to=3)
    sequence = create_sequence(name="welcome", lists=[make_list("new", [])], steps=steps)
    form = f"{live_server.url}/campaigns/sequence/{sequence.pk}/change/"

    page.goto(form)
    _first_down(page, "[name='steps-0-number']")
    assert _numbers(page) == ["1", "2", "3"]
    _save(page)
    assert _stored(sequence) == ["the handbook", "welcome", "questions?"]
    assert sequence.steps.get(text="welcome").else_to == 3

    page.goto(form)
    page.locator("[name='steps-0-then_to']").select_option(label="step 2")
    page.locator("[name='steps-1-else_to']").select_option(label="the end")
    _last_to_the_top(page, 2)
    assert _numbers(page) == ["1", "2", "3"]
    _save(page)
    assert _stored(sequence) == ["questions?", "the handbook", "welcome"]
    # Where people go was the number of the step that is the third one now.
    assert sequence.steps.get(text="the handbook").then_to == 3
    assert sequence.steps.get(text="welcome").else_to == END


def test_variants_are_moved(signed_in: Any, live_server: Any) -> None:
    page = signed_in
    campaign = campaign_with({"A": 1, "B": 2, "C": 3}, lists=[make_list("all", [])])
    form = f"{live_server.url}/campaigns/campaign/{campaign.pk}/change/"

    def save() -> list[str]:
        page.get_by_role("button", name="Save", exact=True).click()
        page.wait_for_url("**/page/**")
        return list(campaign.variants.order_by("pk").values_list("name", flat=True))

    page.goto(form)
    _first_down(page, "[name='variants_0_place']")
    assert save() == ["B", "A", "C"]
    page.goto(form)
    _last_to_the_top(page, 2)
    assert save() == ["C", "B", "A"]
    assert [one.weight for one in campaign.variants.order_by("pk")] == [3, 2, 1]


def test_rules_are_moved(signed_in: Any, live_server: Any) -> None:
    page = signed_in
    for name in ("one", "two", "three"):
        create_rule(name=name, suppresses=True)

    def save() -> list[str]:
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("The rules have this order").wait_for()
        return list(ReplyRule.objects.values_list("name", flat=True))

    page.goto(f"{live_server.url}/conversations/replyrule/")
    page.get_by_role("link", name="Change the order").click()
    page.locator(".q-move").first.wait_for()
    first = page.locator(ROWS).nth(0).locator("input[data-order]").get_attribute("name")
    _first_down(page, f"[name='{first}']")
    assert save() == ["two", "one", "three"]
    page.goto(f"{live_server.url}/conversations/replyrule/order/")
    _last_to_the_top(page, 2)
    assert save() == ["three", "two", "one"]
