"""A person's page: its data and its actions."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import AuditEntry
from contacts.models import Contact, ContactImport, Suppression
from contacts.people.attribute_lines import lines_of
from contacts.people.attributes import attribute_names_in_use
from sending.models import Delivery, Run
from tests.console.sample_data import FIRST_UIN, make_world


def _page(contact: Contact) -> str:
    return reverse("admin:contacts_contact_change", args=[contact.pk])


def _ask(contact: Contact, verb: str) -> str:
    return reverse("admin:contacts_contact_ask", args=[contact.pk, verb])


@pytest.fixture
def person(db: None) -> Contact:
    """A person in a list who is a friend of accounts and has received messages."""
    make_world(people=7)
    contact = Contact.objects.get(uin=FIRST_UIN + 1)
    Contact.objects.filter(pk=contact.pk).update(source_import=ContactImport.objects.get())
    return contact


def test_the_page_shows_everything_known(person: Contact, operator: Client) -> None:
    Delivery.objects.filter(contact=person).update(text="给您的话")
    page = operator.get(_page(person)).content.decode()
    known = ["北京", "老客户", "客户.csv", "小红10000100", "双十一", "给您的话", "好的，伟"]
    for words in [*known, "may be written to"]:
        assert words in page
    sent = Delivery.objects.filter(contact=person).exclude(account=None).first()
    assert sent is not None
    for row in (sent.run.campaign_run, sent.account):
        assert _address_of(row) in page


def test_who_was_skipped_is_shown_no_text(person: Contact, operator: Client) -> None:
    Run.objects.update(text="您好 {{ name }}，这是第一条")
    Delivery.objects.filter(contact=person).update(state="skipped", text=None)
    assert "这是第一条" not in operator.get(_page(person)).content.decode()


def _address_of(row: Model) -> str:
    """Return the address of a row's page."""
    options = row._meta
    return reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[row.pk])


def test_suppress_and_lift(person: Contact, operator: Client) -> None:
    assert "No campaign writes" in operator.get(_ask(person, "suppress")).content.decode()
    assert not Suppression.objects.filter(uin=person.uin).exists()
    operator.post(_ask(person, "suppress"))
    made = Suppression.objects.get(uin=person.uin)
    assert made.contact_list is None
    page = operator.get(_page(person)).content.decode()
    assert "must not be written to" in page
    lift = f"{_ask(person, 'lift')}?of={made.pk}"
    assert lift in page
    assert "may write to this person again" in operator.get(lift).content.decode()
    operator.post(lift)
    assert not Suppression.objects.filter(uin=person.uin).exists()
    assert "lifted already" in operator.post(lift, follow=True).content.decode()


def test_one_cannot_lift_the_suppression_of_another(person: Contact, operator: Client) -> None:
    others = Suppression.objects.get(uin=FIRST_UIN)
    operator.post(f"{_ask(person, 'lift')}?of={others.pk}")
    assert Suppression.objects.filter(pk=others.pk).exists()


def test_erasing_says_what_stays_and_takes_the_rest(person: Contact, operator: Client) -> None:
    operator.post(_ask(person, "suppress"))
    assert AuditEntry.objects.filter(object_name__contains=person.name).exists()
    Delivery.objects.filter(contact=person).update(state="sent")
    count = Delivery.objects.count()
    page = operator.get(_ask(person, "erase")).content.decode()
    assert "Erased:" in page
    assert "Kept:" in page
    operator.post(_ask(person, "erase"))
    assert not Contact.objects.filter(uin=person.uin).exists()
    assert Delivery.objects.count() == count
    assert Suppression.objects.get(uin=person.uin).reason == "erased"
    assert not AuditEntry.objects.filter(object_name__contains=person.name).exists()
    assert not AuditEntry.objects.filter(object_name__contains=str(person.uin)).exists()


def test_who_is_still_to_be_written_to_is_not_erased(person: Contact, operator: Client) -> None:
    Delivery.objects.filter(contact=person).update(state="pending")
    answer = operator.post(_ask(person, "erase"), follow=True)
    assert "still has an open or unknown delivery for this person" in answer.content.decode()
    assert Contact.objects.filter(pk=person.pk).exists()


def test_a_viewer_of_contacts_sees_no_messages_and_no_buttons(
    person: Contact, client: Client
) -> None:
    Delivery.objects.filter(contact=person).update(text="给您的话")
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_contact"))
    client.force_login(user)
    page = client.get(_page(person)).content.decode()
    assert "北京" in page
    assert "给您的话" not in page
    assert "好的，伟" not in page
    for verb in ["suppress", "lift", "erase"]:
        assert _ask(person, verb) not in page
        assert client.post(_ask(person, verb)).status_code == 403
    assert Contact.objects.filter(pk=person.pk).exists()


def _posted(contact: Contact, attributes: str) -> dict[str, object]:
    return {
        "name": contact.name,
        "attributes": attributes,
        "memberships-TOTAL_FORMS": 0,
        "memberships-INITIAL_FORMS": 0,
    }


def test_attributes_are_edited_as_lines(person: Contact, operator: Client) -> None:
    assert "city: 北京</textarea>" in operator.get(_page(person)).content.decode()
    answer = operator.post(_page(person), _posted(person, "city: 上海\r\nlevel: 金卡"))
    assert answer.status_code == 302
    person.refresh_from_db()
    assert person.attributes == {"city": "上海", "level": "金卡"}
    # A template may ask for the new one from now on.
    assert "level" in attribute_names_in_use(lists=list(person.lists.all()))


def test_a_bad_line_is_said_at_the_field(person: Contact, operator: Client) -> None:
    answer = operator.post(_page(person), _posted(person, "city: 上海\r\n{}"))
    assert "Line 2: a colon is missing" in answer.content.decode()
    person.refresh_from_db()
    assert person.attributes == {"city": "北京"}


def test_an_unchanged_form_writes_no_attributes(person: Contact, operator: Client) -> None:
    Contact.objects.filter(pk=person.pk).update(attributes={"note": "a\nb", "age": 4})
    person.refresh_from_db()  # PostgreSQL stores the names in another order
    shown = lines_of(person.attributes)
    assert "note: a\n  b" in shown
    with CaptureQueriesContext(connection) as asked:
        operator.post(_page(person), _posted(person, shown.replace("\n", "\r\n")))
    assert [q["sql"] for q in asked if q["sql"].startswith('UPDATE "contacts_contact"')] == []


def test_who_may_only_look_sees_no_json(person: Contact, client: Client) -> None:
    viewer = User.objects.create_user("viewer", password="x", is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename="view_contact"))
    client.force_login(viewer)
    page = client.get(_page(person)).content.decode()
    assert "北京" in page
    assert "{&quot;city" not in page
    assert "<textarea" not in page
