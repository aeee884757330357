"""The pages of attributes, and the types on the check page of an import."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from audit.models import AuditEntry
from contacts.imports.run import run_import
from contacts.models import Attribute, Contact, ContactImport
from contacts.people.attribute_types import set_attribute_types
from contacts.people.attribute_work import attributes_with_work, work_on_attribute
from contacts.people.attributes import record_attribute_names
from tests.console.sample_data import make_operator

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "admin:contacts_attribute_changelist"


def work() -> None:
    for pk in attributes_with_work():
        work_on_attribute(attribute_id=pk)


def attribute(name: str) -> Attribute:
    record_attribute_names(contact_list=None, names=[name])
    return Attribute.objects.get(name=name)


def page(row: Attribute, name: str = "change") -> str:
    return reverse(f"admin:contacts_attribute_{name}", args=[row.pk])


def test_the_list_shows_how_a_text_names_each(operator: Client) -> None:
    assert "every further column" in operator.get(reverse(LIST)).content.decode()
    attribute("城市")
    attribute("e-mail.1")
    attribute("City")
    attribute("city")
    shown = operator.get(reverse(LIST)).content.decode()
    assert "{{ 城市 }}" in shown
    assert "{{ attributes[&quot;e-mail.1&quot;] }}" in shown
    assert shown.count("another one looks alike") == 2


def test_a_type_is_changed_and_the_unreadable_values_are_shown(operator: Client) -> None:
    row = attribute("rate")
    Contact.objects.create(uin=10_001, attributes={"rate": "80%"})
    Contact.objects.create(uin=10_002, attributes={"rate": "much"})
    operator.post(page(row), {"value_type": "number"})
    assert "being read again" in operator.get(page(row)).content.decode()
    work()
    row.refresh_from_db()
    assert (row.kind, row.unread) == ("number", 1)
    assert Contact.objects.get(uin=10_001).readings == {"rate": 0.8}
    shown = operator.get(page(row)).content.decode()
    assert "much" in shown
    assert "1 value." in shown
    assert AuditEntry.objects.filter(object_id=str(row.pk)).exists()


@pytest.mark.parametrize("wrong", ["numbers", "date:xyz", "", "\0", "9" * 5000])
def test_a_wrong_type_is_refused_on_the_page(operator: Client, wrong: str) -> None:
    row = attribute("rate")
    assert operator.post(page(row), {"value_type": wrong}).status_code == 200
    row.refresh_from_db()
    assert row.kind == ""


def test_two_that_look_alike_are_merged(operator: Client) -> None:
    one, two = attribute("city"), attribute("City")
    Contact.objects.create(uin=10_001, attributes={"City": "Bern"})
    assert page(one, "merge") in operator.get(page(one)).content.decode()
    asked = operator.get(page(two, "merge")).content.decode()
    assert f'<option value="{one.pk}" selected>' in asked
    operator.post(page(two, "merge"), {"into": one.pk, "keep": "target"})
    assert "being merged into city" in operator.get(reverse(LIST)).content.decode()
    form = {"into": one.pk, "keep": "target"}
    again = operator.post(page(two, "merge"), form, follow=True)
    assert "being merged already" in again.content.decode()
    work()
    assert Contact.objects.get().attributes == {"city": "Bern"}
    assert "Merged into" in AuditEntry.objects.get(object_id=str(two.pk)).sentence
    assert operator.get(page(two, "merge")).status_code == 404


@pytest.mark.parametrize("into", ["", "0", "9" * 50, "x", "\0"])
def test_merging_into_nothing_is_refused(operator: Client, into: str) -> None:
    row = attribute("city")
    answer = operator.post(page(row, "merge"), {"into": into, "keep": "target"})
    assert answer.status_code == 200
    assert not attributes_with_work()


def test_a_viewer_sees_and_changes_nothing(client: Client) -> None:
    viewer = make_operator("viewer")
    viewer.is_superuser = False
    viewer.save()
    viewer.user_permissions.add(Permission.objects.get(codename="view_attribute"))
    client.force_login(viewer)
    row = attribute("city")
    assert client.get(page(row)).status_code == 200
    assert client.get(page(row, "merge")).status_code == 403
    assert client.post(page(row), {"value_type": "number"}).status_code == 403


def _uploaded(client: Client, text: str) -> tuple[ContactImport, str]:
    file = SimpleUploadedFile("客户.csv", text.encode("utf-8-sig"))
    form = {"new_list": "老客户", "policy": "overwrite", "file": file}
    client.post(reverse("admin:contacts_contactimport_upload"), form)
    found = ContactImport.objects.latest("pk")
    return found, reverse("admin:contacts_contactimport_check", args=[found.pk])


def test_the_check_page_proposes_types_and_asks_for_the_order_of_dates(
    operator: Client, redis_server: str
) -> None:
    found, check = _uploaded(operator, "QQ,rate,day\n10001,80%,3/1/26\n10002,x,4/5/26\n")
    set_attribute_types({})
    shown = operator.get(check).content.decode()
    assert "Choose the order of day, month and year." in shown
    assert '<option value="date" selected>' in shown
    mapping = {
        "meaning-0": "uin",
        "meaning-1": "attribute",
        "attribute-1": "rate",
        "meaning-2": "attribute",
        "attribute-2": "day",
        "type-1": "number",
        "type-2": "date",
    }
    answer = operator.post(check, {**mapping, "verb": "go"}, follow=True)
    assert "in more than one order" in answer.content.decode()
    assert "cannot be read as a number, such as x" in answer.content.decode()
    operator.post(check, {**mapping, "type-2": "date:mdy", "verb": "go"})
    assert run_import(import_id=found.pk)
    assert Contact.objects.get(uin=10_001).readings == {"rate": 0.8, "day": "2026-03-01"}
    result = operator.get(reverse("admin:contacts_contactimport_page", args=[found.pk]))
    assert "cannot be read as a number, such as x" in result.content.decode()
    assert Attribute.objects.get(name="day").order == "mdy"


@pytest.mark.parametrize("wrong", ["numbers", "\0", "²", "9" * 5000])
def test_a_wrong_type_on_the_check_page_is_refused(operator: Client, wrong: str) -> None:
    _found, check = _uploaded(operator, "QQ,rate\n10001,1\n")
    form = {"meaning-0": "uin", "meaning-1": "attribute", "type-1": wrong, "verb": "go"}
    assert "There is no type" in operator.post(check, form, follow=True).content.decode()


@pytest.mark.parametrize("name", ["\u200b", "x" * 256, "a\x07b"])
def test_a_wrong_name_on_the_check_page_is_refused(operator: Client, name: str) -> None:
    found, check = _uploaded(operator, "QQ,rate\n10001,1\n")
    form = {"meaning-0": "uin", "meaning-1": "attribute", "attribute-1": name, "verb": "go"}
    answer = operator.post(check, form, follow=True)
    assert answer.status_code == 200
    assert "q-says" in answer.content.decode() or "message" in answer.content.decode()
    found.refresh_from_db()
    assert found.state == "uploaded"


def test_a_contacts_form_puts_a_look_alike_into_the_attribute(operator: Client) -> None:
    attribute("city")
    person = Contact.objects.create(uin=10_001)
    address = reverse("admin:contacts_contact_change", args=[person.pk])
    form = {"uin": 10_001, "name": "", "attributes": "Ｃity: Bern\n2025: x"}
    inline = {"lists-TOTAL_FORMS": 0, "lists-INITIAL_FORMS": 0}
    management = {
        f"{prefix}-{key}": 0
        for prefix in ("memberships", "Contact_lists")
        for key in ("TOTAL_FORMS", "INITIAL_FORMS")
    }
    operator.post(address, {**form, **inline, **management})
    person.refresh_from_db()
    assert person.attributes == {"city": "Bern", "2025": "x"}
    wrong = operator.post(address, {**form, **management, "attributes": "city: a\nCITY: b"})
    assert "occurs twice" in wrong.content.decode()


def test_the_form_of_a_template_offers_the_variables(operator: Client) -> None:
    attribute("e-mail.1")
    shown = operator.get(reverse("admin:campaigns_messagetemplate_add")).content.decode()
    assert "{{ attributes[&quot;e-mail.1&quot;] }}" in shown
    assert "{{ name }}" in shown
