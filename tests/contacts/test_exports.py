"""Exports: the columns of each resource, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from typing import Any

import openpyxl
import pytest

from accounts.models import Account
from accounts.resources import AccountResource
from campaigns.models import Campaign, CampaignRun
from campaigns.reports.export_resources import DeliveryResource
from contacts.models import Contact, ContactList, Suppression
from contacts.resources import ContactResource, SuppressionResource
from sending.models import Delivery
from tabular import escape_formula
from tabular.exports import stream_csv, write_xlsx
from tests.contacts.people import imported

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd", "'+cmd"),
        ("-cmd", "'-cmd"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("  =1", "'  =1"),
        ("＝1+1", "'＝1+1"),
        ("|calc", "'|calc"),
        ("-12.5", "-12.5"),
        ("+4912345", "+4912345"),
        ("a=b", "a=b"),
        ("", ""),
        (12, 12),
        (None, None),
    ],
)
def test_a_formula_is_escaped_and_a_number_is_not(value: Any, shown: Any) -> None:
    assert escape_formula(value) == shown


def test_people_are_exported_with_a_column_for_each_attribute() -> None:
    imported("uin,name,city\n10001,=One,Bern\n10002,Two,@x\n10003,Three,Chur\n")
    shown = Contact.objects.filter(uin__lt=10003).order_by("uin")
    data = b"".join(stream_csv(ContactResource(), shown))
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert [(row["uin"], row["name"], row["city"]) for row in rows] == [
        ("10001", "'=One", "Bern"),
        ("10002", "Two", "'@x"),
    ]


def test_an_export_runs_one_query_a_chunk(django_assert_max_num_queries: Any) -> None:
    imported("uin,name\n" + "".join(f"{10_000 + n},p\n" for n in range(50)))
    with django_assert_max_num_queries(3):
        pieces = b"".join(stream_csv(ContactResource(), Contact.objects.all()))
    assert pieces.count(b"\r\n") == 51


def test_an_xlsx_file_holds_the_same_rows() -> None:
    imported("uin,name\n10001,=One\n")
    out = io.BytesIO()
    assert write_xlsx(ContactResource(), Contact.objects.all(), out) == 1
    rows = list(openpyxl.load_workbook(out).worksheets[0].values)
    assert rows[1][:2] == (10001, "'=One") or rows[1][:2] == ("10001", "'=One")


def test_suppressions_are_exported_with_the_name_of_their_list() -> None:
    members = ContactList.objects.create(name="a")
    Suppression.objects.create(uin=10001, contact_list=members, source="letter")
    Suppression.objects.create(uin=10002)
    data = b"".join(stream_csv(SuppressionResource(), Suppression.objects.order_by("uin")))
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert [(row["uin"], row["list"], row["reason"], row["source"]) for row in rows] == [
        ("10001", "a", "by_hand", "letter"),
        ("10002", "", "by_hand", ""),
    ]


def test_accounts_are_exported_without_their_credential() -> None:
    Account.objects.create(uin=10001, name="Bot", credential="d1g3st")
    data = b"".join(stream_csv(AccountResource(), Account.objects.all())).decode("utf-8-sig")
    assert "Bot" in data
    assert "d1g3st" not in data
    assert "credential" not in data


def test_deliveries_are_exported_as_in_a_report(
    django_assert_max_num_queries: Any,
) -> None:
    imported("uin\n10001\n10002\n")
    campaign = Campaign.objects.create(name="c", text="hi")
    run = CampaignRun.objects.create(campaign=campaign, number=1, text="hi", promise="never-twice")
    account = Account.objects.create(uin=20_000)
    for contact in Contact.objects.order_by("uin"):
        Delivery.objects.create(
            run=run, contact=contact, uin=contact.uin, account=account, state="sent"
        )
    resource = DeliveryResource()
    with django_assert_max_num_queries(3):
        shown = resource.filter_export(Delivery.objects.order_by("id"))
        data = b"".join(stream_csv(resource, shown)).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(data)))
    assert [(row["uin"], row["account"], row["state"], row["text"]) for row in rows] == [
        ("10001", "20000", "sent", "hi"),
        ("10002", "20000", "sent", "hi"),
    ]
