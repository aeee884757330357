"""In a real browser: a refused deletion, a form that two people edit, and an expired session."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.sessions.models import Session

from campaigns.models import MessageTemplate
from contacts.models import Attribute, ContactList, Segment
from tests.campaigns.factories import make_campaign
from tests.campaigns.factories import make_list as make_people
from tests.console.sample_data import make_operator

# The browser is the same on both databases; other tests request these pages on both.
pytestmark = [
    pytest.mark.browser,
    pytest.mark.one_database,
    pytest.mark.django_db(transaction=True),
]
CITY = {"kind": "attribute", "name": "city", "is": "equals"}
WORDS = {
    "en": ("Keep all of theirs", "Save what I chose", "Send it again"),
    "zh-hans": ("全部保留对方的", "按选择保存", "重新提交"),
}


@pytest.fixture
def signed_in(page: Any, live_server: Any, clean_redis: Any) -> Any:
    make_operator()
    page.goto(f"{live_server.url}/login/")
    sign_in(page)
    return page


def sign_in(page: Any) -> None:
    page.fill("[name=username]", "op")
    page.fill("[name=password]", "op")
    page.press("[name=password]", "Enter")
    page.wait_for_load_state()


def overflows(page: Any) -> bool:
    page.set_viewport_size({"width": 390, "height": 800})
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    page.set_viewport_size({"width": 1280, "height": 900})
    return bool(wide)


def test_a_refused_deletion_archives_instead(signed_in: Any, live_server: Any) -> None:
    members = make_people("members", [])
    make_campaign("spring", lists=[members])
    signed_in.goto(f"{live_server.url}/contacts/contactlist/{members.pk}/delete/")
    assert "“spring”" in signed_in.content()
    signed_in.screenshot(path="/tmp/deleting-refused.png")
    assert not overflows(signed_in)
    signed_in.click("button[name=_retire]")
    signed_in.wait_for_load_state()
    assert ContactList.objects.get().archived_at is not None
    signed_in.screenshot(path="/tmp/deleting-archived.png")


@pytest.mark.parametrize("language", ["en", pytest.param("zh-hans", marks=pytest.mark.exhaustive)])
def test_twin_edit_with_a_choice_and_an_expired_session(
    language: str, signed_in: Any, live_server: Any
) -> None:
    row = MessageTemplate.objects.create(name="greeting", text="before")
    address = f"{live_server.url}/campaigns/messagetemplate/{row.pk}/change/"
    if language != "en":
        signed_in.goto(address)
        signed_in.evaluate("document.cookie = 'django_language=zh-hans; path=/'")
    signed_in.goto(address)
    signed_in.fill("[name=text]", "mine\nof two lines")
    MessageTemplate.objects.update(text="theirs")
    Session.objects.all().delete()
    signed_in.click("button[name=_save], input[name=_save]")
    signed_in.wait_for_load_state()
    signed_in.screenshot(path=f"/tmp/deleting-expired-{language}.png")
    sign_in(signed_in)
    assert "of two lines" in signed_in.content()
    signed_in.screenshot(path=f"/tmp/deleting-again-{language}.png")
    assert not overflows(signed_in)
    theirs, chosen, again = WORDS[language]
    signed_in.get_by_role("button", name=again).click()
    signed_in.wait_for_load_state()
    assert theirs in signed_in.content()
    signed_in.screenshot(path=f"/tmp/deleting-twin-{language}.png")
    assert not overflows(signed_in)
    signed_in.check("[name=_choice_text][value=mine]")
    signed_in.get_by_role("button", name=chosen).click()
    signed_in.wait_for_load_state()
    row.refresh_from_db()
    assert row.text.splitlines() == ["mine", "of two lines"]


@pytest.mark.parametrize("language", ["en", pytest.param("zh-hans", marks=pytest.mark.exhaustive)])
def test_conditions_of_a_segment_that_two_people_changed(
    language: str, signed_in: Any, live_server: Any
) -> None:
    page = signed_in
    theirs, chosen, _again = WORDS[language]
    Attribute.objects.create(name="city")
    segment = Segment.objects.create(name="s", conditions={**CITY, "value": "北京"})
    address = f"{live_server.url}/contacts/segment/{segment.pk}/change/"
    page.goto(address)
    page.evaluate(f"document.cookie = 'django_language={language}; path=/'")
    page.goto(address)
    value = page.locator(".q-condition input[type=text]")
    value.fill("昆明")
    Segment.objects.update(conditions={**CITY, "value": "大理"})
    page.locator("button.q-main").last.click()
    page.get_by_role("button", name=theirs).wait_for()
    page.screenshot(path=f"/tmp/twin-segment-{language}.png", full_page=True)
    for words in ("city = 北京", "city = 昆明", "city = 大理"):
        assert page.locator(".q-edits .q-value", has_text=words).count() == 1
    assert value.input_value() == "昆明"
    assert not overflows(page)
    page.check("[name=_choice_conditions][value=mine]")
    page.get_by_role("button", name=chosen).click()
    page.wait_for_load_state("networkidle")
    segment.refresh_from_db()
    assert segment.conditions["value"] == "昆明"
