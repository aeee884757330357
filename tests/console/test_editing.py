"""Two people, one form: the second sees what changed and chooses; nothing is overwritten unseen."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.options import InlineModelAdmin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from campaigns.models import Campaign, MessageTemplate
from contacts.models import Contact, ContactList
from foundation.admin import GuardedAdmin
from foundation.admin.edits import SEEN_FIELD
from foundation.admin.inline_edits import InlineEditedForm
from foundation.admin.seen_values import LARGEST, decoded, encoded, read_token
from tests.campaigns.factories import make_campaign
from tests.campaigns.factories import make_list as make_people
from tests.console.sample_data import make_account
from tests.contacts.people import imported

pytestmark = [pytest.mark.django_db]


def opened(client: Client, row: Any) -> dict[str, Any]:
    """Return what the browser would post from a row's form, untouched."""
    answer = client.get(change(row))
    form = answer.context["adminform"].form
    data: dict[str, Any] = {SEEN_FIELD: form.seen_token}
    for name, field in form.fields.items():
        value = form[name].value()
        if hasattr(field.widget, "decompress") and hasattr(field.widget, "widgets"):
            for number, part in enumerate(field.widget.decompress(value)):
                if not isinstance(part, list):  # a list is one of checkboxes
                    part = "" if part is None else str(part)
                data[f"{name}_{number}"] = part
        elif value is True:
            data[name] = "on"
        elif value is not False:
            data[name] = "" if value is None else value
    for inline in answer.context["inline_admin_formsets"]:
        managing = inline.formset.management_form
        data |= {managing.add_prefix(name): value for name, value in managing.initial.items()}
    return {name: value for name, value in data.items() if value is not None}


def change(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


@pytest.fixture
def template(operator: Client) -> MessageTemplate:
    return MessageTemplate.objects.create(name="greeting", text="before")


def test_an_untouched_field_keeps_what_somebody_else_saved(
    template: MessageTemplate, operator: Client
) -> None:
    mine = opened(operator, template)
    operator.post(change(template), {**opened(operator, template), "text": "theirs"})
    said = operator.post(change(template), {**mine, "name": "my name"}, follow=True)
    template.refresh_from_db()
    assert (template.name, template.text) == ("my name", "theirs")
    assert "Changed by op meanwhile, and kept: Text." in said.content.decode()


def test_a_field_that_both_changed_is_asked_about(
    template: MessageTemplate, operator: Client
) -> None:
    mine = {**opened(operator, template), "text": "mine"}
    operator.post(change(template), {**opened(operator, template), "text": "theirs"})
    answer = operator.post(change(template), mine)
    page = answer.content.decode()
    for words in ("op changed this while you were editing", "before", "theirs", "mine"):
        assert words in page
    template.refresh_from_db()
    assert template.text == "theirs"
    # Saving again without a choice asks again, even though the page has new values.
    again = {**mine, SEEN_FIELD: answer.context["adminform"].form.seen_token}
    answer = operator.post(change(template), again)
    assert answer.status_code == 200
    again[SEEN_FIELD] = answer.context["adminform"].form.seen_token
    kept = operator.post(change(template), {**again, "_choice_text": "theirs"})
    assert kept.status_code == 302
    template.refresh_from_db()
    assert template.text == "theirs"


@pytest.mark.parametrize("choice", [{"_choice_text": "mine"}, {"_choice_all": "mine"}])
def test_mine_is_saved_as_it_stands_in_the_form(
    choice: dict[str, str], template: MessageTemplate, operator: Client
) -> None:
    mine = {**opened(operator, template), "text": "mine"}
    MessageTemplate.objects.update(text="theirs")
    form = operator.post(change(template), mine).context["adminform"].form
    again = {**mine, SEEN_FIELD: form.seen_token, "text": "mine and theirs", **choice}
    # A third change asks a third time.
    MessageTemplate.objects.update(text="a third")
    answer = operator.post(change(template), again)
    assert answer.status_code == 200
    assert "a third" in answer.content.decode()
    again[SEEN_FIELD] = answer.context["adminform"].form.seen_token
    assert operator.post(change(template), again).status_code == 302
    template.refresh_from_db()
    assert template.text == "mine and theirs"


def test_the_same_change_by_both_is_no_conflict(
    template: MessageTemplate, operator: Client
) -> None:
    mine = {**opened(operator, template), "text": "same"}
    MessageTemplate.objects.update(text="same")
    assert operator.post(change(template), mine).status_code == 302


def test_an_invalid_field_and_a_conflict_are_shown_together(
    template: MessageTemplate, operator: Client
) -> None:
    mine = {**opened(operator, template), "text": "{{ broken", "name": "mine"}
    MessageTemplate.objects.update(text="theirs", name="their name")
    page = operator.post(change(template), mine).content.decode()
    assert "their name" in page
    assert "theirs" in page
    assert "{{ broken" in page


def test_many_to_many_fields_are_compared_as_sets(operator: Client) -> None:
    lists = [make_people(f"list {n}", []) for n in range(4)]
    campaign = make_campaign("spring", lists=lists[:2])
    mine = opened(operator, campaign)
    mine["lists"] = [lists[1].pk, lists[0].pk]  # another order is no change
    campaign.lists.add(lists[2])
    answer = operator.post(change(campaign), {**mine, "name": "autumn"})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert campaign.lists.count() == 3
    mine = opened(operator, campaign)
    campaign.lists.set([lists[3]])
    lists[2].delete()
    page = operator.post(change(campaign), {**mine, "lists": [lists[0].pk]}).content.decode()
    assert "list 3" in page
    assert "(deleted)" in page
    assert list(campaign.lists.all()) == [lists[3]]


def test_a_contact_saved_after_an_import_does_not_undo_the_import(operator: Client) -> None:
    contact = Contact.objects.create(uin=100_001, name="old", attributes={"city": "北京"})
    mine = opened(operator, contact)
    Contact.objects.update(name="imported", attributes={"city": "上海", "age": "30"})
    answer = operator.post(change(contact), mine, follow=True)
    assert answer.redirect_chain
    said = answer.content.decode()
    contact.refresh_from_db()
    assert (contact.name, contact.attributes) == ("imported", {"city": "上海", "age": "30"})
    assert "meanwhile, and kept" in said
    mine = {**opened(operator, contact), "attributes": "city: 广州"}
    Contact.objects.update(attributes={"city": "深圳"})
    page = operator.post(change(contact), mine).content.decode()
    for words in ("city: 深圳", "city: 广州", "city: 上海"):
        assert words in page
    contact.refresh_from_db()
    assert contact.attributes == {"city": "深圳"}


@pytest.mark.django_db(transaction=True)
def test_a_real_import_between_the_page_and_the_click(operator: Client) -> None:
    contact = Contact.objects.create(uin=100_001, name="old")
    mine = opened(operator, contact)
    imported("uin,name,city\n100001,new,上海", into="all")
    assert operator.post(change(contact), mine).status_code == 302
    contact.refresh_from_db()
    assert contact.name == "new"
    assert contact.attributes.get("city") == "上海"


def test_a_row_deleted_meanwhile_keeps_the_typed_text_to_copy(
    template: MessageTemplate, operator: Client
) -> None:
    mine = {**opened(operator, template), "text": "typed\nfor an hour <b>"}
    address = change(template)
    template.delete()
    answer = operator.post(address, mine)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "This has been deleted meanwhile" in page
    assert "for an hour &lt;b&gt;" in page
    assert SEEN_FIELD not in page


def test_no_password_travels_or_is_shown(operator: Client) -> None:
    account = make_account(10_000_100)
    mine = {**opened(operator, account), "password": "hunter22"}
    seen = read_token(mine[SEEN_FIELD])
    assert seen is not None
    assert "password" not in seen.values
    assert "credential" not in str(seen.values)
    Account.objects.update(name="theirs")
    page = operator.post(change(account), {**mine, "name": "mine"}).content.decode()
    assert "theirs" in page
    assert "hunter22" not in page
    answer = operator.post("/accounts/account/999/change/", mine)
    assert answer.status_code == 409
    assert "hunter22" not in answer.content.decode()


def test_an_operator_s_form_is_guarded_too(operator: Client) -> None:
    other = User.objects.create_user("other", password="secret-words", first_name="a")
    mine = opened(operator, other)
    seen = read_token(mine[SEEN_FIELD])
    assert seen is not None
    assert "secret" not in str(seen.values)
    assert other.password not in str(seen.values)
    User.objects.filter(pk=other.pk).update(first_name="b")
    assert operator.post(change(other), {**mine, "last_name": "c"}).status_code == 302
    other.refresh_from_db()
    assert (other.first_name, other.last_name) == ("b", "c")


@pytest.mark.parametrize("token", ["", "x", "é\x00", "W10:1abc:def", "9" * 5000])
def test_a_token_that_is_not_ours_asks_about_every_difference(
    token: str, template: MessageTemplate, operator: Client
) -> None:
    data = {"name": "greeting", "text": "mine", "language_attribute": "language"}
    data[SEEN_FIELD] = token
    answer = operator.post(change(template), data)
    assert answer.status_code == 200
    assert [one.name for one in answer.context["adminform"].form.conflicts] == ["text"]


def test_a_token_of_another_row_is_not_believed(
    template: MessageTemplate, operator: Client
) -> None:
    other = MessageTemplate.objects.create(name="other", text="before")
    data = {**opened(operator, template), SEEN_FIELD: opened(operator, other)[SEEN_FIELD]}
    assert operator.post(change(template), {**data, "text": "mine"}).status_code == 200


def test_large_values_are_compared_by_their_digest(operator: Client) -> None:
    long = "\n".join(f"key{n}: value" for n in range(LARGEST // 8))
    contact = Contact.objects.create(
        uin=100_001, name="old", attributes={f"key{n}": "value" for n in range(LARGEST // 8)}
    )
    mine = opened(operator, contact)
    assert len(mine[SEEN_FIELD]) < 2_000
    assert long.splitlines()[0] in mine["attributes"]
    Contact.objects.update(attributes={"key": "theirs"})
    answer = operator.post(change(contact), {**mine, "name": "mine"})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    contact.refresh_from_db()
    assert (contact.name, contact.attributes) == ("mine", {"key": "theirs"})


def test_every_form_of_the_console_is_guarded_and_every_inline_too(
    operator: Client, rf: Any
) -> None:
    request = rf.get("/")
    request.user = User.objects.get()
    for model, one in admin.site._registry.items():
        assert isinstance(one, GuardedAdmin), model
        for inline in getattr(one, "inlines", []):
            made: InlineModelAdmin[Any, Any] = inline(model, admin.site)
            is_editable = made.has_change_permission(request)
            assert not is_editable or issubclass(made.form, InlineEditedForm), inline


def test_values_survive_the_token() -> None:
    from datetime import date, time, timedelta
    from decimal import Decimal
    from uuid import uuid4

    now = timezone.now()
    chance = random.Random(1)
    values: list[Any] = [
        now, now.date(), date(1, 1, 1), time(9, 30), timedelta(days=-1, seconds=0.5),
        Decimal("1.50"), uuid4(), None, "", "\ud800", "²", 10**30, 0.1, True,
        [1, [None]], {"a": {"b": [chance.random()]}}, {},
    ]  # fmt: skip
    for value in values:
        assert decoded(encoded(value)) == value


def test_viewers_are_unaffected(template: MessageTemplate, client: Client) -> None:
    from django.contrib.auth.models import Permission

    viewer = User.objects.create_user("viewer", password="x", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_messagetemplate"))
    client.force_login(viewer)
    assert client.get(change(template)).status_code == 200
    assert client.post(change(template), {"name": "x", "text": "y"}).status_code == 403
    client.post("/campaigns/messagetemplate/999/change/", {"name": "x"})
    assert not ContactList.objects.exists()
    assert not Campaign.objects.exists()
