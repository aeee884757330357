"""A segment in a real browser: groups by keyboard, the live count, what was typed survives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from contacts.models import Attribute, Contact, ContactList, Segment
from contacts.people.attributes import record_attribute_names
from contacts.typed_values.types import ValueType, readings_of
from tests.console.sample_data import make_operator

# The browser is the same on both databases; other tests request these pages on both.
pytestmark = [
    pytest.mark.browser,
    pytest.mark.one_database,
    pytest.mark.django_db(transaction=True),
]

TYPES = {"city": ValueType("text"), "age": ValueType("number"), "生日": ValueType("date")}


@pytest.fixture
def console(live_server: Any, page: Any, client: Client) -> Any:
    """A page of the console, signed in, and people to select."""
    for name, value_type in TYPES.items():
        Attribute.objects.create(name=name, kind=value_type.kind)
    vip = ContactList.objects.create(name="VIP 客户")
    ContactList.objects.create(name="other")
    for n in range(30):
        attributes = {
            "city": "昆明" if n % 2 else "大理",
            "age": str(n),
            "生日": "1990-05-0" + str(n % 9 + 1),
        }
        person = Contact.objects.create(
            uin=30_000 + n, name=f"张{n}", attributes=attributes,
            readings=readings_of(attributes, TYPES),
        )  # fmt: skip
        if n < 10:
            vip.contacts.add(person)
    record_attribute_names(contact_list=None, names=TYPES)
    client.force_login(make_operator())
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}]
    )
    page.set_default_timeout(15_000)
    page.address = live_server.url
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    yield page
    assert page.problems == []


def _count(page: Any, n: str) -> None:
    page.locator(".q-figure.primary b", has_text=n).wait_for()


def test_nested_groups_by_keyboard_with_a_live_count(console: Any) -> None:
    page = console
    page.goto(page.address + "/contacts/segment/add/")
    page.fill("input[name=name]", "昆明的新客户")
    page.get_by_text("Give at least one condition.").wait_for()
    subject = page.get_by_label("What the condition is about")
    subject.focus()
    subject.select_option(label="city (plain text)")
    page.get_by_text("Which value?").wait_for()
    page.get_by_placeholder("Value").fill("昆明")
    _count(page, "15")

    page.get_by_role("button", name="Add a group").focus()
    page.keyboard.press("Enter")
    row = page.get_by_role("group", name="Condition 2.1")
    row.get_by_label("What the condition is about").select_option(label="list")
    row.get_by_role("combobox", name="list").focus()
    page.get_by_role("option", name="VIP 客户").wait_for()
    page.keyboard.type("vip")
    page.wait_for_function("document.querySelectorAll('[role=option]').length === 1")
    page.keyboard.press("Enter")
    _count(page, "5")
    page.get_by_role("button", name="Add a condition").first.press("Enter")
    assert "subject-2.2" in page.evaluate("document.activeElement.dataset.key")
    row = page.get_by_role("group", name="Condition 2.2")
    row.get_by_label("What the condition is about").select_option(label="age (a number)")
    offered = row.get_by_label("How it compares").locator("option").all_inner_texts()
    assert "is at least" in offered
    assert "contains" not in offered
    row.get_by_label("How it compares").select_option(label="is between")
    row.get_by_label("From").fill("20")
    row.get_by_label("To", exact=True).fill("22")
    _count(page, "6")
    page.get_by_label("The group’s rule").nth(1).select_option(label="none of these")
    _count(page, "9")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("The segment 昆明的新客户 is saved.").wait_for()
    saved = Segment.objects.get()
    assert [set(part) for part in saved.conditions["all"]] == [
        {"kind", "name", "is", "value"},
        {"not"},
    ]
    assert page.get_by_label("The group’s rule").nth(1).input_value() == "none"
    page.locator(".q-chip", has_text="VIP 客户").wait_for()
    _count(page, "9")


def test_a_refusal_keeps_everything_typed(console: Any, tmp_path: Path) -> None:
    page = console
    Segment.objects.create(name="taken", conditions={"kind": "suppressed"})
    page.goto(page.address + "/contacts/segment/add/")
    page.fill("input[name=name]", "taken")
    page.get_by_label("What the condition is about").select_option(label="生日 (a date)")
    page.get_by_label("How it compares").select_option(label="birthday in the next … days")
    page.get_by_label("Days").fill("soon")
    page.locator(".q-condition.q-bad").wait_for()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("A number of days, from 0 to 100000.").first.wait_for()
    assert page.get_by_label("Days").input_value() == "soon"
    page.get_by_label("Days").fill("400")
    _count(page, "30")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("already exists").or_(page.get_by_text("already.")).first.wait_for()
    assert page.get_by_label("Days").input_value() == "400"
    page.get_by_role("button", name="Edit as text").click()
    text = page.locator("textarea[name=text]")
    assert text.input_value() == "生日 birthday in next 400 days"
    text.fill("city one of (昆明, 大理) and age >= 28")
    _count(page, "2")
    page.fill("input[name=name]", "free")
    page.get_by_role("button", name="Edit as rows").click()
    assert page.get_by_label("Values, one per line").input_value() == "昆明\n大理"
    page.get_by_role("button", name="Save").click()
    page.get_by_text("The segment free is saved.").wait_for()


@pytest.mark.parametrize("name", ["constructor", "__proto__"])
def test_an_attribute_named_like_a_part_of_the_language(console: Any, name: str) -> None:
    page = console
    segment = Segment.objects.create(
        name="s", conditions={"kind": "attribute", "name": name, "is": "equals", "value": "1"}
    )
    address = f"{page.address}/contacts/segment/{segment.pk}/change/"
    page.goto(address)
    _count(page, "0")
    subject = page.get_by_label("What the condition is about")
    assert subject.locator("option:checked").inner_text() == f"{name} (no person has it)"
    Attribute.objects.create(name=name, kind="number")
    page.goto(address)
    _count(page, "0")
    assert subject.locator("option:checked").inner_text() == f"{name} (a number)"
    page.get_by_label("How it compares").select_option(label="is at least")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_it_fits_a_phone(console: Any, language: str) -> None:
    page = console
    vip = ContactList.objects.get(name="VIP 客户")
    long = {"kind": "attribute", "name": "x" * 255, "is": "equals", "value": "y" * 500}
    gone = {"kind": "list", "lists": [987, vip.pk], "names": ["以前的客户" * 20, ""]}
    segment = Segment.objects.create(
        name="s", conditions={"all": [{"any": [{"all": [gone, long]}, {"not": gone}]}, long]}
    )
    page.context.add_cookies([{"name": "django_language", "value": language, "url": page.address}])
    page.set_viewport_size({"width": 390, "height": 780})
    page.goto(f"{page.address}/contacts/segment/{segment.pk}/change/")
    page.locator(".q-figure.primary b").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
