"""The steps of a sequence are moved by keyboard and by dragging, in a real browser."""

from __future__ import annotations

from typing import Any

import pytest

from campaigns.creation.create_sequence import create_sequence
from campaigns.creation.sequence_steps import Step
from campaigns.models import Sequence
from tests.campaigns.factories import make_list
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


def test_steps_are_moved(page: Any, live_server: Any) -> None:
    make_operator()
    steps = [Step(86_400 * n, text=text) for n, text in enumerate(TEXTS)]
    sequence = create_sequence(name="welcome", lists=[make_list("new", [])], steps=steps)
    page.set_default_timeout(60_000)
    page.goto(f"{live_server.url}/login/")
    page.fill("input[name=username]", "op")
    page.fill("input[name=password]", "op")
    page.click("#login-form button[type=submit]")
    page.locator("#overview").wait_for()
    form = f"{live_server.url}/campaigns/sequence/{sequence.pk}/change/"

    page.goto(form)
    page.locator("[name='steps-0-number']").focus()
    page.keyboard.press("Tab")  # to the button that moves it up
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.title") == "Move down"
    assert page.locator("[name='steps-0-number']").input_value() == "2"
    assert _numbers(page) == ["1", "2", "3"]
    _save(page)
    assert _stored(sequence) == ["the handbook", "welcome", "questions?"]

    page.set_viewport_size({"width": 1280, "height": 2600})  # a drag does not survive scrolling
    page.goto(form)
    rows = page.locator("tbody.form-group:not(.empty-form)")
    rows.nth(2).locator(".q-handle").hover()
    page.mouse.down()
    for _move in range(2):  # the browser begins to drag with the first
        rows.nth(0).hover(position={"x": 20, "y": 4})
    page.mouse.up()
    assert _numbers(page) == ["1", "2", "3"]
    _save(page)
    assert _stored(sequence) == ["questions?", "the handbook", "welcome"]
