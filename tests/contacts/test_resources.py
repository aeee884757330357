"""Exports and small imports by hand: filters applied, nothing a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from typing import Any

import openpyxl
import pytest
import tablib

from accounts.models import Account
from accounts.resources import AccountResource
from campaigns.models import Campaign, CampaignRun, MessageTemplate
from campaigns.reports.export_resources import DeliveryResource, MessageTemplateResource
from contacts.models import Contact, ContactList, Suppression
from contacts.resources import ContactListResource, ContactResource, SuppressionResource
from sending.models import Delivery
from tabular import escape_formula
from tabular.exports import stream_csv, write_xlsx
from tests.contacts.people import imported

pytestmark = pytest.mark.django_db(transaction=True)


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
def test_a_formula_is_defused_and_a_number_stays(value: Any, shown: Any) -> None:
    assert escape_formula(value) == shown


def _dataset(text: str) -> tablib.Dataset:
    return tablib.Dataset().load(text, format="csv")


def test_people_go_out_with_a_column_an_attribute_and_come_back() -> None:
    imported("uin,name,city\n10001,=One,Bern\n10002,Two,@x\n10003,Three,Chur\n")
    shown = Contact.objects.filter(uin__lt=10003).order_by("uin")
    data = b"".join(stream_csv(ContactResource(), shown))
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert [(row["uin"], row["name"], row["city"]) for row in rows] == [
        ("10001", "'=One", "Bern"),
        ("10002", "Two", "'@x"),
    ]
    changed = _dataset(data.decode("utf-8-sig").replace("Bern", "Basel"))
    result = ContactResource().import_data(changed, raise_errors=True)
    assert result.totals["update"] == 1
    person = Contact.objects.get(uin=10001)
    assert (person.name, person.attributes) == ("=One", {"city": "Basel"})
    assert Contact.objects.get(uin=10002).attributes == {"city": "@x"}


def test_an_export_asks_the_database_once_a_chunk(django_assert_max_num_queries: Any) -> None:
    imported("uin,name\n" + "".join(f"{10_000 + n},p\n" for n in range(50)))
    with django_assert_max_num_queries(3):
        pieces = b"".join(stream_csv(ContactResource(), Contact.objects.all()))
    assert pieces.count(b"\r\n") == 51


def test_xlsx_holds_the_same() -> None:
    imported("uin,name\n10001,=One\n")
    out = io.BytesIO()
    assert write_xlsx(ContactResource(), Contact.objects.all(), out) == 1
    rows = list(openpyxl.load_workbook(out).worksheets[0].values)
    assert rows[1][:2] == (10001, "'=One") or rows[1][:2] == ("10001", "'=One")


def test_suppressions_come_in_with_and_without_a_list() -> None:
    ContactList.objects.create(name="a")
    SuppressionResource().import_data(_dataset("uin\n１０００１\n10002\n"), raise_errors=True)
    both = _dataset("uin,list,source\n10001,a,letter\n10002,,again\n")
    SuppressionResource().import_data(both, raise_errors=True)
    assert list(
        Suppression.objects.order_by("uin", "id").values_list("uin", "contact_list__name", "reason")
    ) == [(10001, None, "imported"), (10001, "a", "imported"), (10002, None, "imported")]


@pytest.mark.parametrize(
    "row", ["9,,by_hand", "10001,none,by_hand", "10001,,because"], ids=["uin", "list", "reason"]
)
def test_a_wrong_suppression_is_the_rows_error(row: str) -> None:
    result = SuppressionResource().import_data(_dataset(f"uin,list,reason\n{row}\n"))
    assert result.has_errors() or result.has_validation_errors()
    assert not Suppression.objects.exists()


def test_accounts_go_out_without_credential_and_come_back_without_state() -> None:
    account = Account.objects.create(uin=10001, name="Bot", credential="d1g3st")
    data = b"".join(stream_csv(AccountResource(), Account.objects.all())).decode("utf-8-sig")
    assert "d1g3st" not in data
    assert "credential" not in data
    Account.objects.filter(pk=account.pk).update(state="online")
    changed = _dataset(data.replace(",1.0,", ",2.5,").replace("Bot", "Both"))
    AccountResource().import_data(changed, raise_errors=True)
    account.refresh_from_db()
    assert (account.name, account.min_interval, account.state) == ("Both", 2.5, "online")
    assert account.credential == "d1g3st"
    assert AccountResource().import_data(_dataset("uin,name\n10002,x\n")).has_errors()


def test_lists_and_templates_come_in() -> None:
    ContactListResource().import_data(_dataset("name,description\na,b\n"), raise_errors=True)
    assert ContactList.objects.get().description == "b"
    MessageTemplateResource().import_data(
        _dataset("name,text\na,hi {{ name }}\n"), raise_errors=True
    )
    assert MessageTemplate.objects.get().text == "hi {{ name }}"
    broken = MessageTemplateResource().import_data(_dataset("name,text\nb,hi {{ name\n"))
    assert broken.has_errors()


def test_deliveries_go_out_as_in_a_report(django_assert_max_num_queries: Any) -> None:
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
