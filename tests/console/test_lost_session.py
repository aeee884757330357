"""An expired session loses no typed text, and only the operator who typed it gets it back."""

from __future__ import annotations

import io
import re
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from campaigns.models import MessageTemplate
from foundation.admin.edits import SEEN_FIELD
from tests.console.sample_data import make_account, make_operator
from tests.console.test_editing import change, opened

# Drafts are kept in the page, not in the database.
pytestmark = [pytest.mark.django_db, pytest.mark.one_database, pytest.mark.slow]
TYPED = "第一行\n  second & <b>third</b> {{ name }}"


class Browser(Client):
    """A client that checks CSRF tokens as a browser meets them."""

    def __init__(self) -> None:
        super().__init__(enforce_csrf_checks=True)

    def sign_in(self, name: str = "op") -> None:
        page = self.get("/login/").content.decode()
        data = {"username": name, "password": "op", "csrfmiddlewaretoken": token_in(page)}
        assert self.post("/login/", data).status_code == 302
        self.get("/")

    def opened(self, row: Any) -> dict[str, Any]:
        page = self.get(change(row)).content.decode()
        return {**opened(self, row), "csrfmiddlewaretoken": token_in(page)}


def token_in(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def hidden_in(page: str) -> dict[str, str]:
    """Return what the page would send again."""
    fields = re.findall(r'<textarea name="([^"]+)" hidden>\n(.*?)</textarea>', page, re.DOTALL)
    return {unescape(name): unescape(text) for name, text in fields}


def draft_in(page: str) -> str:
    found = re.search(r'name="draft" value="([^"]+)"', page)
    assert found is not None, page
    return found[1]


@pytest.fixture
def browser(db: None) -> Browser:
    make_operator()
    browser = Browser()
    browser.sign_in()
    return browser


@pytest.fixture
def template() -> MessageTemplate:
    return MessageTemplate.objects.create(name="greeting", text="before")


def signed_in_again(browser: Browser, answer: Any, name: str = "op", password: str = "op") -> Any:
    page = answer.content.decode()
    data = {"username": name, "password": password, "draft": draft_in(page)}
    return browser.post(
        reverse("sign-in-again"), {**data, "csrfmiddlewaretoken": token_in(page)}, follow=True
    )


def test_typed_text_is_sent_again_after_signing_in(
    browser: Browser, template: MessageTemplate
) -> None:
    mine = {**browser.opened(template), "text": TYPED}
    Session.objects.all().delete()
    answer = browser.post(change(template), mine)
    assert answer.status_code == 401
    page = answer.content.decode()
    assert "Your session has expired" in page
    assert "second" not in page  # encrypted
    wrong = signed_in_again(browser, answer, password="wrong")
    assert "Your session has expired" in wrong.content.decode()
    answer = signed_in_again(browser, wrong)
    page = answer.content.decode()
    assert "has not been saved yet" in page
    template.refresh_from_db()
    assert template.text == "before"  # nothing is sent by itself
    again = {**hidden_in(page), "csrfmiddlewaretoken": token_in(page)}
    assert again["text"] == TYPED
    assert browser.post(change(template), again).status_code == 302
    template.refresh_from_db()
    assert template.text == TYPED


def test_a_change_during_the_absence_is_asked_about(
    browser: Browser, template: MessageTemplate
) -> None:
    mine = {**browser.opened(template), "text": TYPED}
    Session.objects.all().delete()
    answer = browser.post(change(template), mine)
    MessageTemplate.objects.update(text="theirs")
    page = signed_in_again(browser, answer).content.decode()
    again = {**hidden_in(page), "csrfmiddlewaretoken": token_in(page)}
    answer = browser.post(change(template), again)
    assert [one.name for one in answer.context["adminform"].form.conflicts] == ["text"]


def test_another_operator_does_not_get_the_text(
    browser: Browser, template: MessageTemplate
) -> None:
    make_operator("other")
    mine = {**browser.opened(template), "text": TYPED}
    Session.objects.all().delete()
    answer = browser.post(change(template), mine)
    page = signed_in_again(browser, answer, name="other").content.decode()
    assert "belongs to another operator" in page
    assert "second" not in page


def test_signing_in_in_another_tab_makes_the_form_stale_and_loses_nothing(
    browser: Browser, template: MessageTemplate
) -> None:
    mine = {**browser.opened(template), "text": TYPED}
    Session.objects.all().delete()
    browser.sign_in()  # in another tab: the CSRF token is another one
    answer = browser.post(change(template), mine, headers={"Origin": "http://testserver"})
    page = answer.content.decode()
    again = {**hidden_in(page), "csrfmiddlewaretoken": token_in(page)}
    assert again["text"] == TYPED
    assert browser.post(change(template), again).status_code == 302


@pytest.mark.parametrize("is_signed_in", [True, False])
def test_an_upload_that_became_stale_keeps_its_fields(is_signed_in: bool, browser: Browser) -> None:
    address = reverse("admin:contacts_contactimport_upload")
    page = browser.get(address).content.decode()
    owner = re.search(r'name="_by" value="([^"]+)"', page)
    assert owner is not None
    Session.objects.all().delete()
    if is_signed_in:
        browser.sign_in()  # in another tab
    data = {"csrfmiddlewaretoken": "x" * 64, "_by": owner[1], "new_list": "typed name"}
    here = {"Origin": "http://testserver"}
    answer = browser.post(address, {**data, "file": io.BytesIO(b"uin")}, headers=here)
    if not is_signed_in:
        assert answer.status_code == 401
        answer = signed_in_again(browser, answer)
    page = answer.content.decode()
    assert "Passwords and files are not kept" in page
    again = {**hidden_in(page), "csrfmiddlewaretoken": token_in(page)}
    answer = browser.post(address, again, headers=here)
    assert answer.context["form"]["new_list"].value() == "typed name"
    assert answer.context["form"].errors["file"] == ["Choose a file."]


def test_a_stale_form_of_an_unknown_browser_leads_to_the_login(db: None) -> None:
    address = reverse("admin:contacts_contactimport_upload")
    answer = Browser().post(address, {"new_list": "x"}, headers={"Origin": "http://testserver"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/")


def test_a_form_from_elsewhere_is_never_offered_to_be_sent(
    browser: Browser, template: MessageTemplate
) -> None:
    mine = {**browser.opened(template), "text": TYPED, "csrfmiddlewaretoken": "x" * 64}
    for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {}):
        answer = browser.post(change(template), mine, headers=headers)
        assert answer.status_code == 403
        assert "second" not in answer.content.decode()
    make_operator("other")
    Session.objects.all().delete()
    browser.sign_in("other")
    answer = browser.post(change(template), mine, headers={"Origin": "http://testserver"})
    assert answer.status_code == 403
    assert "second" not in answer.content.decode()


def test_passwords_are_not_kept(browser: Browser) -> None:
    account = make_account(10_000_100)
    mine = {**browser.opened(account), "password": "hunter22", "name": "typed name"}
    Session.objects.all().delete()
    answer = browser.post(change(account), mine)
    page = signed_in_again(browser, answer).content.decode()
    assert "typed name" in page
    assert "hunter22" not in page
    assert "Passwords and files are not kept" in page


@pytest.mark.parametrize("draft", ["", "x", "é", "gAAAAA" + "A" * 100])
def test_a_draft_that_is_not_ours_leads_to_the_front_page(draft: str, browser: Browser) -> None:
    page = browser.get("/").content.decode()
    token = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', page)
    data = {"username": "op", "password": "op", "draft": draft}
    client = Client()
    answer = client.post(reverse("sign-in-again"), data)
    assert answer.status_code == 302
    assert answer["Location"] == "/"
    assert token is None or token[1]
    assert client.get(reverse("sign-in-again")).status_code == 302
    assert client.post(reverse("sign-in-again"), {"username": "op"}).status_code == 302


def test_polls_and_strangers_are_redirected_as_before(
    browser: Browser, template: MessageTemplate
) -> None:
    mine = browser.opened(template)
    Session.objects.all().delete()
    polled = browser.post(change(template), mine, headers={"HX-Request": "true"})
    assert polled.status_code == 302
    assert Client().post(change(template), {"text": "x"}).status_code == 302
    assert User.objects.count() == 1
    assert SEEN_FIELD in mine
