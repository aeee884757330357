"""A restricted user finds nothing of the other tenant: on no page, in no file, by no question."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import pytest
from django.contrib import admin
from django.core.management import call_command
from django.db import transaction
from django.test import Client

from accounts.models import Account, AccountPool, Egress
from campaigns.admin.campaign_verb_table import VERBS as CAMPAIGN_VERBS
from campaigns.models import Campaign, Sequence
from contacts.models import ContactList, Segment, Suppression
from conversations.models import CannedAnswer, ReplyRule
from foundation.refusals import Refusal
from foundation.restricted import visible
from restrictions.keep import lift, restrict
from restrictions.models import Restriction
from tests.console.sample_data import FIRST_ACCOUNT, FIRST_UIN
from tests.restrictions.two_tenants import MARKER, Ours, make_restricted, make_two_tenants
from tests.users.addresses import addresses
from users.keep import add_user
from users.roles import Role
from webhooks.models import Endpoint

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    pytest.mark.timeout(600),
]
OUR = 44_444_400
#: The beginnings of the others' numbers, and the marker in their names.
THEIRS = (MARKER, "theirs", "their pool", str(FIRST_ACCOUNT)[:7], str(FIRST_UIN)[:7])


@pytest.fixture
def ours() -> Ours:
    return make_two_tenants()


def _signed_in(role: Role, language: str = "en") -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(make_restricted(role))
    client.cookies["django_language"] = language
    return client


def _ask(client: Client, method: str, address: str, data: Any = None) -> tuple[int, str]:
    """Return status and text of an answer, and undo what the request did."""
    with transaction.atomic():
        answer: Any = getattr(client, method)(address, data or {})
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        where = answer.get("Location", "")
        transaction.set_rollback(True)
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            content = b"".join(book.read(name) for name in book.namelist())
    return answer.status_code, where + content.decode("utf-8", "replace")  # a picture is no text


def _key_in(address: str) -> str:
    return max(re.findall(r"\d+", address), key=len, default="-")


def _names_theirs(text: str) -> list[str]:
    return [one for one in THEIRS if one in text]


@pytest.mark.parametrize(
    ("role", "language"),
    [
        pytest.param(Role.VIEWER, "zh-hans", marks=pytest.mark.exhaustive),
        pytest.param(Role.APPROVER, "en", marks=pytest.mark.exhaustive),
    ],
)
def test_no_address_shows_the_others(ours: Ours, role: Role, language: str) -> None:
    """Each address names a row of the others where it names one."""
    client = _signed_in(role, language)
    found = list(addresses())
    assert len(found) > 300
    leaks, opened = [], set()
    for one in found:
        for method in ("get", "post"):
            status, text = _ask(client, method, one.where)
            assert status < 500, (one, method)
            # Some addresses contain a UIN, and an answer may repeat the address.
            if names := _names_theirs(text.replace(_key_in(one.where), "")):
                leaks.append((one.name, method, names))
            if status == 200 and re.search(r"/\d+/", one.where):
                opened.add(one.name)
    assert not leaks
    # Help and second factors have numbers in their addresses that name no row of the others.
    assert {one for one in opened if not one.startswith(("help", "new-passkey"))} == set()


def test_ours_is_open(ours: Ours) -> None:
    client = _signed_in(Role.OPERATOR)
    campaign = f"/campaigns/campaign/{ours.campaign.pk}"
    pages = {
        "/": "",
        "/accounts/account/": "our account",
        f"/accounts/account/{ours.account.pk}/change/": "our account",
        f"/accounts/account/{ours.account.pk}/ask/rest/": "our account",
        "/contacts/contactlist/": "our list",
        f"/contacts/contactlist/{ours.contact_list.pk}/change/": "our list",
        "/contacts/contact/": "our person 7",
        f"/contacts/contact/?lists__id__exact={ours.contact_list.pk}": "our person 0",
        "/campaigns/campaign/": "our campaign",
        f"{campaign}/page/": "our campaign",
        f"{campaign}/live/": "",
        f"{campaign}/report/csv/": str(OUR),
        f"{campaign}/report/json/": str(OUR),
        f"{campaign}/report/xlsx/": str(OUR),
        f"{campaign}/do/pause/": "our campaign",
        "/sending/delivery/": str(OUR),
        f"/sending/delivery/?run__id__exact={ours.run.pk}": str(OUR),
    }
    for address, expected in pages.items():
        status, text = _ask(client, "get", address)
        assert status in (200, 286) or address == "/", (address, status, text[-500:])
        assert expected in text, address
        assert not _names_theirs(text), address


def test_what_is_the_others_is_not_there(ours: Ours) -> None:
    client = _signed_in(Role.OPERATOR)
    account = Account.objects.exclude(pk=ours.account.pk).first()
    campaign = Campaign.objects.exclude(pk=ours.campaign.pk).first()
    contact_list = ContactList.objects.exclude(pk=ours.contact_list.pk).first()
    assert account is not None
    assert campaign is not None
    assert contact_list is not None
    places = [
        f"/accounts/account/{account.pk}/change/",
        f"/accounts/account/{account.pk}/ask/rest/",
        f"/accounts/account/{account.pk}/history/",
        f"/contacts/contactlist/{contact_list.pk}/change/",
        f"/campaigns/campaign/{campaign.pk}/page/",
        f"/campaigns/campaign/{campaign.pk}/live/",
        f"/campaigns/campaign/{campaign.pk}/change/",
        *(f"/campaigns/campaign/{campaign.pk}/do/{verb}/" for verb in sorted(CAMPAIGN_VERBS)),
        *(f"/campaigns/campaign/{campaign.pk}/report/{form}/" for form in ("csv", "json", "xlsx")),
    ]
    for place in places:
        for method in ("get", "post", "put", "patch", "delete", "options", "head"):
            status, text = _ask(client, method, place)
            # 409: a form that is posted for what was deleted shows what was typed.
            assert status in (403, 404, 405, 409) or (method == "options" and not text), place
            assert not _names_theirs(text)


def test_no_question_tells_of_the_others(ours: Ours) -> None:
    """A filter or a search that could tell what the others' rows are called is refused."""
    client = _signed_in(Role.VIEWER)
    theirs = ContactList.objects.exclude(pk=ours.contact_list.pk).first()
    assert theirs is not None
    plain = {
        place: _ask(client, "get", place)[1].count("our person")
        for place in ("/contacts/contact/", "/accounts/account/", "/sending/delivery/")
    }
    assert plain["/contacts/contact/"] == 8
    for question in (
        f"/contacts/contact/?lists__id__exact={theirs.pk}",
        "/contacts/contact/?lists__name__exact=ZEBRA",
        "/accounts/account/?labels__name__exact=ZEBRAtheirs",
        "/accounts/account/?labels__name__gt=Z",
        "/accounts/account/?pools__name__gt=Z",
        "/sending/delivery/?run__campaign_run__campaign__name__gt=Z",
        "/sending/delivery/?account__name__gt=Z",
    ):
        status, text = _ask(client, "get", question)
        assert status in (302, 400), question
        assert not _names_theirs(text.replace("ZEBRA", "", 1) if "ZEBRA" in question else text)


def test_a_campaign_that_reaches_beyond_is_not_ours(ours: Ours) -> None:
    client = _signed_in(Role.VIEWER)
    page = f"/campaigns/campaign/{ours.campaign.pk}/page/"
    account = Account.objects.exclude(pk=ours.account.pk).first()
    theirs = ContactList.objects.exclude(pk=ours.contact_list.pk).first()
    pool = AccountPool.objects.first()
    other = Campaign.objects.exclude(pk=ours.campaign.pk).first()
    assert _ask(client, "get", page)[0] == 200
    for relation, row in (
        ("accounts", account),
        ("lists", theirs),
        ("excluded_lists", theirs),
        ("pools", pool),
        ("once_across", other),
    ):
        getattr(ours.campaign, relation).add(row)
        assert _ask(client, "get", page)[0] == 404, relation
        assert "our campaign" not in _ask(client, "get", "/campaigns/campaign/")[1]
        assert str(OUR) not in _ask(client, "get", "/sending/delivery/")[1]
        getattr(ours.campaign, relation).remove(row)
    ours.campaign.accounts.clear()  # by every account
    assert _ask(client, "get", page)[0] == 404


def test_a_verb_on_ours_is_carried_out(ours: Ours) -> None:
    client = _signed_in(Role.OPERATOR)
    answer = client.post(f"/accounts/account/{ours.account.pk}/ask/disable/")
    assert answer.status_code == 302
    ours.account.refresh_from_db()
    assert ours.account.state == "disabled"
    data = {"action": "add_labels", "_selected_action": [ours.account.pk]}
    assert _ask(client, "post", "/accounts/account/", data)[0] == 403
    viewer = _signed_in(Role.VIEWER)
    assert viewer.post(f"/accounts/account/{ours.account.pk}/ask/enable/").status_code == 403


def test_the_page_says_why_it_is_closed(ours: Ours) -> None:
    client = _signed_in(Role.OPERATOR)
    _status, text = _ask(client, "get", "/contacts/segment/add/")
    assert "You are restricted to the accounts and lists of some labels or pools." in text


def test_a_pool_opens_its_accounts(ours: Ours) -> None:
    user = add_user(name="pool", role=Role.VIEWER).user
    call_command("users", "restrict", "pool", "--pool", "their pool", "--json")
    client = Client()
    client.force_login(user)
    page = client.get("/accounts/account/").content.decode()
    assert MARKER in page
    assert "our account" not in page


def test_it_is_lifted_and_holds_at_once(ours: Ours) -> None:
    client = _signed_in(Role.VIEWER)
    assert MARKER not in client.get("/accounts/account/").content.decode()
    lift("our-viewer")
    assert MARKER in client.get("/accounts/account/").content.decode()
    with pytest.raises(Refusal, match="not restricted"):
        lift("our-viewer")


def test_a_deleted_label_opens_nothing(ours: Ours) -> None:
    client = _signed_in(Role.VIEWER)
    Restriction.objects.get().labels.clear()
    page = client.get("/accounts/account/").content.decode()
    assert "our account" not in page
    assert not _names_theirs(page)


def test_administrators_are_not_restricted(ours: Ours) -> None:
    add_user(name="head", role=Role.ADMINISTRATOR)
    with pytest.raises(Refusal, match="administrator"):
        restrict("head", labels=["ours"], pools=[])
    add_user(name="li", role=Role.VIEWER)
    with pytest.raises(Refusal, match="at least one"):
        restrict("li", labels=[], pools=[])


@pytest.mark.both_databases
def test_rows_of_every_model_are_scoped_or_none(ours: Ours) -> None:
    user = make_restricted(Role.VIEWER)
    for model in admin.site._registry:
        for row in visible(model._default_manager.all(), user):
            if model is not Suppression:  # those for all campaigns count for ours too
                # Our person 0 is in a list of theirs too.
                assert not _names_theirs(repr(vars(row)).replace("ZEBRA城市", "")), (model, row)
    for model in (Segment, Sequence, CannedAnswer, ReplyRule, Egress, Endpoint):
        assert not visible(model._default_manager.all(), user)
