"""The pages of the audit trail, sign-ins, exports, erasing, proxies before the console."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.models import Egress
from audit.addresses import client_address
from audit.models import AuditChange, AuditEntry, OpenAct
from audit.unfinished import write_unfinished
from clocks import shared
from contacts.models import Contact, ContactList
from contacts.people.erase import erase_person
from foundation.acts import BROWSER, acting
from tests.console.sample_data import make_operator

pytestmark = pytest.mark.django_db(transaction=True)
TRAIL = "admin:audit_auditentry_changelist"


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(make_operator("boss"))
    return client


def test_a_form_makes_an_entry_that_the_pages_show(boss: Client) -> None:
    row = ContactList.objects.create(name="Friends")
    address = reverse("admin:contacts_contactlist_change", args=[row.pk])
    boss.post(address, {"name": "Old friends", "description": ""}, REMOTE_ADDR="192.0.2.7")
    entry = AuditEntry.objects.get(object_type="contacts.contactlist")
    assert (entry.who, entry.channel, entry.address) == ("boss", "browser", "192.0.2.7")
    assert (entry.verb, entry.changes.get().after) == ("change", {"name": "Old friends"})
    shown = boss.get(reverse(TRAIL), {"q": "Old friends"}).content.decode()
    assert "Changed: contact list “Old friends”" in shown or "“Old friends”" in shown
    page = reverse("admin:audit_auditentry_change", args=[entry.pk])
    found = boss.get(page).content.decode()
    assert "Old friends" in found
    assert "192.0.2.7" in found
    about = boss.get(reverse(TRAIL), {"about": f"contacts.contactlist:{row.pk}"})
    assert "Old friends" in about.content.decode()
    other = boss.get(reverse(TRAIL), {"about": f"contacts.contactlist:{row.pk + 1}"})
    assert "Old friends" not in other.content.decode()
    history = boss.get(reverse("admin:contacts_contactlist_history", args=[row.pk]))
    assert "Old friends" in history.content.decode()
    assert boss.post(page, {"who": "x"}).status_code == 403


def test_only_who_may_see_the_trail_sees_it(client: Client) -> None:
    user = User.objects.create_user("viewer", is_staff=True)
    client.force_login(user)
    assert client.get(reverse(TRAIL)).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_auditentry"))
    assert client.get(reverse(TRAIL)).status_code == 200
    assert client.post(reverse(TRAIL), {"action": "delete_selected"}).status_code != 500
    assert AuditEntry.objects.exists()


def test_exports_and_sign_ins_are_noted(client: Client) -> None:
    make_operator("boss")
    address = reverse("admin:login")
    client.post(address, {"username": "boss", "password": "wrong"})
    client.post(address, {"username": "boss", "password": "op"})
    b"".join(client.get("/contacts/contact/export/?q=x"))
    client.post(reverse("admin:logout"))
    found = AuditEntry.objects.order_by("pk").values_list("verb", "who")
    assert list(found) == [
        ("sign_in_failed", "boss"), ("sign_in", "boss"), ("export", "boss"), ("sign_out", "boss"),
    ]  # fmt: skip
    facts = AuditEntry.objects.get(verb="export").facts
    assert (facts["taken_out"], facts["filters"]) == ("contacts.contact", "q=x")


def test_secrets_are_masked() -> None:
    with acting(channel=BROWSER, who="x"):
        egress = Egress.objects.create(name="e", proxy="http://user:p@secret@192.0.2.1:1")
        User.objects.create_user("new", password="secret")
    values = str(list(AuditChange.objects.values_list("before", "after")))
    assert "•••" in values
    assert "secret" not in values
    assert "md5" not in values
    with acting(channel=BROWSER, who="x"):
        Egress.objects.filter(pk=egress.pk).update(proxy="http://192.0.2.2:1")
    change = AuditChange.objects.latest("pk")
    assert (change.before, change.after) == ({"proxy": "•••"}, {"proxy": "•••"})


def test_erasing_a_person_leaves_their_entries_without_values() -> None:
    with acting(channel=BROWSER, who="x"):
        person = Contact.objects.create(uin=20_000_001, name="张伟", attributes={"city": "北京"})
    with acting(channel=BROWSER, who="x"):
        Contact.objects.filter(pk=person.pk).update(name="张三")
    with acting(channel=BROWSER, who="x"):
        erase_person(contact=person)
    everything = str(list(AuditEntry.objects.values())) + str(list(AuditChange.objects.values()))
    for value in ("张", "20000001", "北京"):
        left = AuditChange.objects.exclude(object_type="contacts.suppression")
        assert value not in str(list(left.values())), value
    assert "(erased)" in everything
    assert AuditEntry.objects.count() == 3


def test_an_act_whose_process_was_killed_becomes_an_entry() -> None:
    OpenAct.objects.create(
        key="k", at=shared.wall().replace(year=2020), who="ann", channel="browser", address="",
        verb="start",
    )  # fmt: skip
    assert write_unfinished() == 1
    entry = AuditEntry.objects.get()
    assert (entry.who, entry.verb) == ("ann", "start")
    assert write_unfinished() == 0


@pytest.mark.parametrize(
    ("proxies", "named", "expected"),
    [
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "203.0.113.9, 192.0.2.50", "203.0.113.9"),
        (1, "nonsense", ""),
        (1, "", "192.0.2.1"),
    ],
)
def test_addresses_behind_proxies(settings: Any, proxies: int, named: str, expected: str) -> None:
    settings.TRUSTED_PROXIES = proxies
    headers = {"X-Forwarded-For": named} if named else {}
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR="192.0.2.1")
    assert client_address(request) == expected
