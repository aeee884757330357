"""Exports contain the rows that the list shows."""

from __future__ import annotations

import csv
import io

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import Account
from campaigns.models import Campaign
from tests.console.sample_data import FIRST_UIN, make_run, make_world

pytestmark = pytest.mark.both_databases


@pytest.mark.parametrize(
    ("what", "query", "shown", "hidden"),
    [
        ("contacts_contact", f"?q={FIRST_UIN + 3}", "张伟3", "张伟4"),
        ("contacts_contactlist", "", "老客户", "-never-"),
        ("contacts_suppression", "", "退订", "-never-"),
        ("accounts_account", "", "小红", "x" * 32),
        ("campaigns_messagetemplate", "", "，您好", "-never-"),
        ("sending_delivery", "?state__exact=sent", "双十一", "failed"),
        ("accounts_inboundmessage", "?q=好的", "好的，伟", "-never-"),
        ("accounts_inboundmessage", f"?q={FIRST_UIN}", "account", "好的，伟"),
    ],
)
def test_it_exports_what_the_filters_show(
    what: str, query: str, shown: str, hidden: str, operator: Client
) -> None:
    make_world()
    address = reverse(f"admin:{what}_export") + query
    body = b"".join(operator.get(address)).decode("utf-8-sig")
    assert shown in body
    assert hidden not in body


def test_the_list_leads_to_the_export_with_its_filters(operator: Client) -> None:
    make_world()
    page = operator.get(reverse("admin:contacts_contact_changelist") + "?q=2").content.decode()
    assert "/contacts/contact/export/?q=2" in page


EXPORTED = [
    "contacts_contact",
    "contacts_contactlist",
    "contacts_suppression",
    "accounts_account",
    "campaigns_messagetemplate",
    "sending_delivery",
    "accounts_inboundmessage",
]


@pytest.mark.parametrize("what", EXPORTED)
def test_a_workbook_holds_the_rows_of_the_csv(what: str, operator: Client) -> None:
    make_world()
    table = b"".join(operator.get(reverse(f"admin:{what}_export"))).decode("utf-8-sig")
    answer = operator.get(reverse(f"admin:{what}_export_xlsx"))
    book = load_workbook(io.BytesIO(b"".join(answer)))
    assert book.active is not None
    rows = list(book.active.iter_rows(values_only=True))
    lines = list(csv.reader(io.StringIO(table)))
    assert [str(cell) for cell in rows[0]] == lines[0]
    assert len(rows) == len(lines) > 1
    assert answer["Content-Disposition"].endswith('.xlsx"')


def test_too_many_rows_for_a_workbook_is_a_sentence(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_world()
    monkeypatch.setattr("foundation.admin.export.MOST_ROWS_OF_A_WORKBOOK", 3)
    address = reverse("admin:contacts_contact_export_xlsx")
    answer = operator.get(f"{address}?q=2", follow=True)
    assert answer.redirect_chain[0][0].endswith("/contacts/contact/?q=2")
    assert "Export them as CSV" in answer.content.decode()


def test_deliveries_are_exported_in_as_many_queries_whatever_their_number(
    operator: Client,
) -> None:
    make_world(people=7)
    _queries(operator)  # the first one also fills caches, and notes its sign-in
    few = _queries(operator)
    make_run(Campaign.objects.get(), senders=list(Account.objects.all()), state="finished")
    assert _queries(operator) == few


def _queries(client: Client) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert b"".join(client.get(reverse("admin:sending_delivery_export")))
    return len(asked)


def test_who_may_not_look_may_not_export(client: Client, db: None) -> None:
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    for what in EXPORTED:
        for kind in ["export", "export_xlsx"]:
            assert client.get(reverse(f"admin:{what}_{kind}")).status_code == 403
