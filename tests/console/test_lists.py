"""Every list opens, searches and shows its rows, without counting large tables or N+1 queries."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import AuditEntry
from campaigns.models import Campaign, CampaignRun
from contacts.models import Contact, ContactList
from tests.console.sample_data import FIRST_ACCOUNT, make_account, make_world

#: Their only row is shown at once, without a list.
SINGLE = ("ApprovalSettings", "OptOutSettings")
MODELS = sorted(
    (model for model in admin.site._registry if model.__name__ not in SINGLE),
    key=lambda model: model._meta.label,
)
#: Lists that have rows from the start: policies, calendars, warm-up curves and opt-out words.
FROM_THE_START = ("ResultPolicy", "HolidayCalendar", "OptOutWord", "WarmUpCurve")
FILLED = [m for m in MODELS if m._meta.app_label != "auth" and m.__name__ not in FROM_THE_START]
BIG = [
    "accounts.Friend",
    "accounts.FriendEvent",
    "accounts.FriendLink",
    "accounts.FriendRequest",
    "accounts.Profile",
    "accounts.InboundMessage",
    "contacts.Contact",
    "contacts.Suppression",
    "sending.Attempt",
    "sending.Delivery",
    "sending.OptOut",
]


def _address(model: Any, page: str = "changelist", *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.mark.both_databases
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_it_lists_searches_and_opens(model: Any, operator: Client) -> None:
    make_world()
    assert operator.get(_address(model)).status_code == 200
    for term in ["2", "伟"]:
        assert operator.get(_address(model), {"q": term}).status_code == 200
    for row in model.objects.all()[:1]:
        answer = operator.get(_address(model, "change", row.pk), follow=True)
        assert answer.status_code == 200
    assert operator.get(_address(model, "add")).status_code in {200, 403}


@pytest.mark.parametrize("model", FILLED, ids=lambda model: model._meta.label)
def test_an_empty_list_says_what_to_do_next(model: Any, operator: Client) -> None:
    if model is AuditEntry:
        pytest.skip("whoever looks at it has an entry there: the sign-in")
    answer = operator.get(_address(model))
    sentence = str(getattr(admin.site._registry[model], "empty_sentence", ""))
    assert sentence
    assert sentence in answer.content.decode().replace("&#x27;", "'")


@pytest.mark.both_databases
@pytest.mark.parametrize("label", BIG)
def test_a_big_list_never_counts(label: str, operator: Client) -> None:
    make_world()
    model = next(model for model in MODELS if model._meta.label == label)
    with CaptureQueriesContext(connection) as asked:
        assert operator.get(_address(model), {"q": "2"}).status_code == 200
    table = model._meta.db_table
    counts = [q["sql"] for q in asked if f'COUNT(*) AS "__count" FROM "{table}"' in q["sql"]]
    assert counts == []


@pytest.mark.slow
@pytest.mark.parametrize("model", FILLED, ids=lambda model: model._meta.label)
def test_more_rows_ask_no_more_queries(model: Any, operator: Client) -> None:
    make_world(people=7, accounts=2)
    few = _queries(operator, _address(model))
    for number in range(10, 18):
        make_account(FIRST_ACCOUNT + number)
    _more_of_everything()
    assert _queries(operator, _address(model)) <= few


def _more_of_everything() -> None:
    first = Campaign.objects.get()
    for number in range(6):
        contact_list = ContactList.objects.create(name=f"list {number}")
        contact = Contact.objects.create(uin=30_000_000 + number)
        contact.memberships.create(contact_list=contact_list)
        campaign = Campaign.objects.create(name=f"campaign {number}", text="x")
        campaign.lists.add(contact_list)
        run = CampaignRun.objects.create(
            campaign=campaign, number=1, text="x", promise="never-twice", timezone="UTC"
        )
        old = first.runs.get().deliveries.filter(state="sent")[0]
        assert old.account is not None
        delivery = run.deliveries.create(uin=1, contact=contact, account=old.account)
        delivery.attempts.create(account=old.account, seq=number, marked_at="2026-01-01T00:00:00Z")


def _queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)
