"""A person's page and the files of people, lists and deliveries, as a restricted user gets them."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from accounts.models import Account
from campaigns.models import Campaign
from contacts.models import Contact, ContactList
from contacts.suppressions import suppress
from tests.campaigns.factories import make_delivery, make_inbound
from tests.campaigns.factories import make_run as make_empty_run
from tests.console.sample_data import FIRST_ACCOUNT, FIRST_UIN
from tests.restrictions.states import Tenant
from tests.restrictions.two_tenants import MARKER, Ours, make_restricted, make_two_tenants
from users.roles import Role

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
THEIRS = (MARKER, "theirs", str(FIRST_ACCOUNT)[:7], str(FIRST_UIN)[:7])


@pytest.fixture
def ours() -> Ours:
    return make_two_tenants()


@pytest.fixture
def client(ours: Ours) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(make_restricted(Role.OPERATOR))
    return client


def _text(answer: Any) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            content = b"".join(book.read(name) for name in book.namelist())
    return str(content.decode("utf-8", "replace"))


def test_the_page_of_a_person_of_both(client: Client, ours: Ours) -> None:
    """What the others wrote to the person, heard from them or noted about them is not there."""
    tenant = Tenant("our", ours.contact_list, ours.account, User.objects.get(username="小王"))
    person = tenant.people()[0]
    other = Campaign.objects.filter(name__startswith=MARKER)[0]
    account = Account.objects.get(uin=FIRST_ACCOUNT)
    make_delivery(make_empty_run(other), person, account=account, text=f"{MARKER} text")
    make_inbound(account, person.uin, text=f"{MARKER} hears")
    make_inbound(ours.account, person.uin, text="we hear")
    suppress(uins=[person.uin], source=f"{MARKER} list")
    page = f"/contacts/contact/{person.pk}/change/"
    answer = client.get(page)
    text = _text(answer)
    assert answer.status_code == 200, text[-300:]
    for words in ("our list", "we hear", "our campaign", "must not be written to"):
        assert words in text, words
    assert not [one for one in THEIRS if one in text]
    for closed in ("/ask/suppress/", "/ask/erase/", "/ask/lift/"):
        assert closed not in text
        assert client.post(f"/contacts/contact/{person.pk}{closed}").status_code == 403
    assert client.post(page, {"name": "other"}).status_code == 403
    theirs = Contact.objects.exclude(lists=ours.contact_list).order_by("-pk")[0]
    assert client.get(f"/contacts/contact/{theirs.pk}/change/").status_code == 404


def test_each_link_of_the_page_is_open(client: Client, ours: Ours) -> None:
    tenant = Tenant("our", ours.contact_list, ours.account, User.objects.get(username="小王"))
    person = tenant.people()[1]
    make_inbound(ours.account, person.uin, text="we hear")
    text = _text(client.get(f"/contacts/contact/{person.pk}/change/"))
    main = text[text.find('class="q-page"') :]
    links = {part.split('"')[0] for part in main.split('href="')[1:]}
    asked = {one for one in links if one.startswith("/") and not one.startswith("/static")}
    assert asked
    for address in asked:
        assert client.get(address, follow=True).status_code == 200, address


@pytest.mark.parametrize("form", ["export/", "export/xlsx/"])
def test_files_hold_our_rows(client: Client, ours: Ours, form: str) -> None:
    run = f"?run__id__exact={ours.run.pk}"
    for page, query, expected in (
        ("/contacts/contact/", "", "our person 7"),
        ("/contacts/contact/", f"?lists__id__exact={ours.contact_list.pk}", "our person 7"),
        ("/contacts/contactlist/", "", "our list"),
        ("/sending/delivery/", run, "44444400"),
    ):
        answer = client.get(f"{page}{form}{query}")
        text = _text(answer)
        assert answer.status_code == 200, (page, text[-300:])
        assert expected in text, page
        assert not [one for one in THEIRS if one in text.replace("ZEBRA城市", "")], page
    theirs = ContactList.objects.exclude(pk=ours.contact_list.pk)[0]
    answer = client.get(f"/contacts/contact/{form}?lists__id__exact={theirs.pk}")
    assert answer.status_code in (302, 400)
