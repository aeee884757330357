"""A forgotten password: a link by e-mail, in the console's own words and look."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client

from signin.lockout import MAILS, MAILS_ASKED
from tests.console.sample_data import make_operator

pytestmark = [
    *(pytest.mark.django_db, pytest.mark.both_databases),
    pytest.mark.urls("tests.signin.urls_with_mail"),
]
MAILBOX, NEW = "op@example.org", "a-quiet-harbour-31"


@pytest.fixture
def user() -> Any:
    user = make_operator()
    user.email = MAILBOX
    user.save()
    return user


def ask(mailbox: str = MAILBOX, *, address: str = "192.0.2.1", **more: Any) -> Any:
    client = Client(REMOTE_ADDR=address)
    return client.post("/password_reset/", {"email": mailbox}, follow=True, **more)


def test_a_link_sets_a_new_password_once_and_ends_all_sessions(user: Any, settings: Any) -> None:
    settings.CONSOLE_URL = "https://console.example.org/"
    signed_in = Client()
    signed_in.force_login(user)
    assert ask(HTTP_HOST="testserver").status_code == 200
    [told] = mail.outbox
    assert told.to == [MAILBOX]
    assert "qqcampaign" in told.subject
    assert "Django" not in f"{told.subject}{told.body}"
    [path] = re.findall(r"https://console\.example\.org(/reset/\S+)", str(told.body))
    browser = Client()
    page = browser.get(path, follow=True)
    form = page.redirect_chain[-1][0]
    refused = browser.post(form, {"new_password1": "opop", "new_password2": "opop"})
    assert "at least 12 characters" in refused.content.decode()
    done = browser.post(form, {"new_password1": NEW, "new_password2": NEW}, follow=True)
    assert "You were signed out everywhere" in done.content.decode()
    assert get_user_model().objects.get().check_password(NEW)
    assert signed_in.get("/").status_code == 302
    assert "The link is no longer good" in Client().get(path, follow=True).content.decode()


def test_an_unknown_mailbox_gets_the_same_answer_and_no_mail(user: Any) -> None:
    known, unknown = ask(), ask("nobody@example.org")
    assert known.redirect_chain == unknown.redirect_chain
    assert len(mail.outbox) == 1


def test_a_mailbox_is_not_filled_from_anywhere(user: Any) -> None:
    for n in range(MAILS + 2):
        assert ask(address=f"192.0.2.{n}").status_code == 200
    assert len(mail.outbox) == MAILS


def test_an_address_asks_for_so_many_mails_only(user: Any) -> None:
    for n in range(MAILS_ASKED):
        ask(f"other{n}@example.org")
    ask()
    assert mail.outbox == []
    ask(address="192.0.2.2")
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("path", ["/password_reset/", "/password_reset/done/", "/reset/done/"])
def test_the_pages_have_the_look_of_the_sign_in_page(path: str) -> None:
    page = Client().get(path).content.decode()
    assert "q-button" in page
    assert "Django" not in page
    assert "| qqcampaign</title>" in re.sub(r"\s+</title>", "</title>", page)


@pytest.mark.parametrize(
    ("password", "is_good"),
    [("operator1operator1", False), ("Operator1-among-stones", True), ("xoperator1xyzab", False)],
)
def test_a_name_with_little_added_is_no_password(password: str, is_good: bool) -> None:
    user = get_user_model()(username="Operator1")
    if is_good:
        validate_password(password, user)
        return
    with pytest.raises(ValidationError):
        validate_password(password, user)
