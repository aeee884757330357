"""Rows with a name: two that look alike are one, however they are saved."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import Account, Egress
from campaigns.find import find_lists, find_template
from campaigns.models import Campaign, MessageTemplate
from contacts.models import Contact, ContactList, Segment
from foundation.refusals import Refusal
from sending.text_context import context_for
from tabular.uin_search import uin_digits
from tests.console.sample_data import make_operator
from texts.rendering import compile_text

pytestmark = pytest.mark.both_databases

KINDS = [ContactList, Segment, Campaign, MessageTemplate, Egress]


@pytest.mark.django_db
@pytest.mark.parametrize("model", KINDS)
def test_every_way_of_saving_keeps_the_key(model: Any) -> None:
    row = model.objects.create(name=" V\u200bIP ")
    assert (row.name, row.name_key) == ("VIP", "vip")
    row.name = "Ｇold"
    row.save(update_fields=["name"])
    model.objects.bulk_create([model(name="a  b")])
    model.objects.filter(name="a b").update(name="Silver ")
    silver = model.objects.named("ＳＩＬＶＥＲ")
    assert silver.name == "Silver"
    silver.name = "Bronze"
    model.objects.bulk_update([silver], ["name"])
    assert [model.objects.named(n) for n in ("gold", "bronze")] == [row, silver]
    with pytest.raises(Refusal) as refused:
        model.objects.create(name="ＢＲＯＮＺＥ")
    assert "“Bronze”" in str(refused.value)


@pytest.mark.django_db
@pytest.mark.parametrize("model", [ContactList, Campaign, MessageTemplate, Egress])
def test_a_twin_is_refused_at_the_field(model: Any, client: Client) -> None:
    client.force_login(make_operator())
    model.objects.create(name="VIP")
    address = f"admin:{model._meta.app_label}_{model._meta.model_name}_"
    page = client.post(reverse(address + "add"), {"name": " ｖｉｐ\u200b"})
    assert page.status_code == 200
    assert "“VIP” already exists" in str(page.context["errors"].as_data())
    assert "VIP" in client.get(reverse(address + "changelist"), {"q": "ｖｉ"}).content.decode()


@pytest.mark.django_db
def test_a_twin_of_a_segment_is_refused_at_the_field(client: Client) -> None:
    client.force_login(make_operator())
    Segment.objects.create(name="VIP")
    page = client.post(reverse("admin:contacts_segment_add"), {"name": "ｖｉｐ"})
    assert "“VIP” already exists" in page.content.decode()


@pytest.mark.django_db
def test_an_import_goes_into_the_list_that_looks_like_the_name(tmp_path: Any) -> None:
    vip = ContactList.objects.create(name="VIP")
    file = tmp_path / "people.csv"
    file.write_text("uin,name,city\n12345678,\u200b\u2060,\u3164\n", encoding="utf-8")
    call_command("import_contacts", str(file), "--list", "vip ")
    assert list(ContactList.objects.all()) == [vip]
    person = vip.contacts.get()
    assert (person.name, person.attributes) == ("", {})
    assert find_lists(names=["ＶＩＰ"]) == [vip]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["", "\0", "\ud800", "x" * 5000, "\u200b"])
def test_a_name_that_cannot_be_is_only_unknown(name: str) -> None:
    MessageTemplate.objects.create(name="a", text="b")
    with pytest.raises(Refusal) as refused:
        find_template(name=name)
    assert refused.value.code == "template_unknown"
    refused.value.sentence.encode()


@pytest.mark.django_db(transaction=True)
def test_of_two_at_the_same_moment_one_is_refused() -> None:
    barrier, outcomes = threading.Barrier(2), []

    def create(name: str) -> None:
        barrier.wait()
        try:
            ContactList.objects.create(name=name)
            outcomes.append("")
        except Refusal as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=create, args=(name,)) for name in ("VIP", "ｖｉｐ")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["", "name_taken"]


def test_a_name_that_shows_nothing_is_blank_in_a_text() -> None:
    person = Contact(uin=12345678, name="\u200b", attributes={"city": "\u3164"})
    context = context_for(contact=person, account=Account(uin=20001), nickname="\u2800")
    text = "{{ name | default: 'a' }}{{ nickname | default: 'b' }}{{ city | default: 'c' }}"
    assert compile_text(text).render(context) == "abc"


@pytest.mark.parametrize(
    "term",
    [
        "１２３４５６７８",
        "12,345,678",
        "QQ:12345678",
        "12345678@qq.com",
        '="12345678"',
        "+12345678",
    ],
)
def test_a_search_reads_a_uin_as_imports_do(term: str) -> None:
    assert uin_digits(term) == "12345678"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    [
        "contacts_contact",
        "contacts_suppression",
        "accounts_account",
        "accounts_friend",
        "accounts_inboundmessage",
        "accounts_session",
        "accounts_accounttask",
        "sending_delivery",
        "sending_attempt",
    ],
)
def test_no_search_term_is_an_error(address: str, client: Client) -> None:
    client.force_login(make_operator())
    for term in ["9" * 5000, "²", "\0", "\ud800", "-1", "１００", "NaN", "2" * 19]:
        quoted = term.encode(errors="replace").decode()
        page = client.get(reverse(f"admin:{address}_changelist"), {"q": quoted})
        assert page.status_code in (200, 302), term
