"""The form of segments: rows of conditions, a count before saving, conversion to a list."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from contacts.models import Contact, ContactList, Segment
from tests.console.sample_data import FIRST_UIN, make_account, make_list

ADD = "admin:contacts_segment_add"
PREVIEW = "admin:contacts_segment_preview"
CHOICES = "admin:contacts_segment_choices"
COMBINE = "admin:contacts_contactlist_combine"
BEIJING = {"kind": "attribute", "name": "city", "is": "equals", "value": "北京"}
NESTED = {
    "any": [BEIJING, {"not": {"all": [{"kind": "suppressed"}, {"kind": "name", "is": "filled"}]}}]
}


def _posted(tree: Any, name: str = "北京人") -> dict[str, Any]:
    return {"name": name, "description": "", "as": "tree", "tree": json.dumps(tree)}


def _as_text(text: str, name: str = "北京人") -> dict[str, Any]:
    return {"name": name, "description": "", "as": "text", "text": text}


@pytest.mark.parametrize("tree", [BEIJING, NESTED, {"not": {"any": [BEIJING]}}])
def test_rows_are_saved_and_shown_again(tree: Any, operator: Client) -> None:
    operator.post(reverse(ADD), _posted(tree))
    saved = Segment.objects.get()
    assert saved.conditions == tree
    page = operator.get(reverse("admin:contacts_segment_change", args=[saved.pk]))
    assert page.context["tree"] == tree


def test_text_is_saved_and_shown_as_rows(operator: Client) -> None:
    operator.post(reverse(ADD), _as_text("city = 北京 and not suppressed"))
    saved = Segment.objects.get()
    assert saved.conditions == {"all": [BEIJING, {"not": {"kind": "suppressed"}}]}
    address = reverse("admin:contacts_segment_change", args=[saved.pk])
    assert operator.get(address).context["tree"] == saved.conditions
    page = operator.get(address + "?as=text").content.decode()
    assert "city = 北京 and not suppressed" in page
    listed = operator.get(reverse("admin:contacts_segment_changelist")).content.decode()
    assert "city = 北京 and not suppressed" in listed


def test_what_was_typed_is_switched_between_rows_and_text(operator: Client) -> None:
    page = operator.post(reverse(ADD), _posted(NESTED) | {"switch": "1"})
    text = page.context["form"]["conditions"].value()
    assert page.context["form"]["name"].value() == "北京人"
    assert text == "city = 北京 or not (suppressed and name is filled)"
    assert not page.context["form"].errors
    page = operator.post(reverse(ADD), _as_text(text) | {"switch": "1"})
    assert page.context["tree"] == NESTED
    page = operator.post(reverse(ADD), _as_text("city =") | {"switch": "1"})
    assert "a value expected" in page.content.decode()
    assert page.context["form"]["conditions"].value() == "city ="
    assert not Segment.objects.exists()


@pytest.mark.parametrize(
    ("tree", "sentence", "path"),
    [
        ({"all": [BEIJING, {**BEIJING, "value": ""}]}, "Which value?", "1"),
        ({**BEIJING, "name": ""}, "Which attribute?", ""),
        ({**BEIJING, "is": "one_of", "value": []}, "has no values", ""),
        ({**BEIJING, "is": "above", "value": "x"}, "neither a number", ""),
        ({"kind": "list", "lists": []}, "Choose at least one: list.", ""),
        ({"kind": "known_since", "is": "more_than", "days": "x"}, "A number of days", ""),
        ({"all": [BEIJING, {"any": [{"kind": ""}]}]}, "Choose what the condition", "1.0"),
        ({"any": []}, "A group has no condition", ""),
        ({}, "Give at least one condition.", ""),
    ],
)
def test_what_is_wrong_is_said(tree: Any, sentence: str, path: str, operator: Client) -> None:
    page = operator.post(reverse(ADD), _posted(tree))
    assert page.status_code == 200
    assert sentence in page.content.decode()
    assert page.context["tree"] == tree  # what was typed is still there
    preview = operator.post(reverse(PREVIEW), _posted(tree)).content.decode()
    assert f'data-path="{path}">' in preview
    assert sentence in preview
    assert not Segment.objects.exists()


def test_the_preview_counts_and_shows_some_before_saving(operator: Client) -> None:
    make_list("老客户", people=12)
    page = operator.post(reverse(PREVIEW), _posted(BEIJING, name="")).content.decode()
    assert "<b>12</b>" in page
    assert "city = 北京" in page
    assert "张伟9" in page
    assert "张伟11" not in page
    assert not Segment.objects.exists()


NUMBER_OF_5000_DIGITS = '{"kind": "known_since", "days": ' + "9" * 5000 + "}"


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "1", '{"kind": "x"}', '{"all": [1]}', "[" * 5000, '"\\ud800"', "NaN",
     NUMBER_OF_5000_DIGITS, '{"kind": "name", "value": "\\u0000"}'],
)  # fmt: skip
def test_rows_that_are_no_condition_are_refused(text: str, operator: Client) -> None:
    data = {"name": "deep", "description": "", "as": "tree", "tree": text}
    page = operator.post(reverse(ADD), data)
    assert page.status_code == 200
    assert page.context["form"].errors
    assert operator.post(reverse(PREVIEW), data).status_code == 200
    assert operator.post(reverse(ADD), data | {"switch": "1"}).status_code == 200
    assert not Segment.objects.exists()


def test_stored_conditions_that_are_not_understood_can_be_replaced(operator: Client) -> None:
    segment = Segment.objects.create(name="old", conditions={"kind": "horoscope"})
    address = reverse("admin:contacts_segment_change", args=[segment.pk])
    assert "not understood" in operator.get(address).content.decode()
    assert operator.get(reverse("admin:contacts_segment_changelist")).status_code == 200
    operator.post(address, _posted(BEIJING, name="old"))
    segment.refresh_from_db()
    assert segment.conditions == BEIJING


def test_what_was_deleted_is_shown_by_name_and_may_stay(operator: Client) -> None:
    vip = ContactList.objects.create(name="VIP")
    operator.post(reverse(ADD), _posted({"not": {"kind": "list", "lists": [vip.pk]}}))
    saved = Segment.objects.get()
    vip.delete()
    address = reverse("admin:contacts_segment_change", args=[saved.pk])
    page = operator.get(address)
    assert "The list “VIP” was deleted." in page.content.decode()
    assert page.context["names"]["lists"].popitem()[1] == {"name": "VIP", "gone": True}
    assert operator.post(address, _posted(saved.conditions, name="new")).status_code == 302
    listed = operator.get(reverse("admin:contacts_segment_changelist")).content.decode()
    assert "deleted: “VIP”" in listed
    refused = operator.post(reverse(ADD), _posted(saved.conditions, name="other"))
    assert "There is no list VIP." in refused.content.decode()


def test_lists_accounts_and_campaigns_are_searched(operator: Client) -> None:
    make_list("老客户", people=1)
    make_account(10_000_100)
    found = operator.get(reverse(CHOICES), {"key": "lists", "q": "客"}).json()
    assert [item["name"] for item in found["items"]] == ["老客户"]
    found = operator.get(reverse(CHOICES), {"key": "accounts", "q": "100001"}).json()
    assert [item["id"] for item in found["items"]] == [10_000_100]
    assert operator.get(reverse(CHOICES), {"key": "campaigns", "q": "\0"}).json() == {"items": []}
    assert operator.get(reverse(CHOICES), {"key": "x"}).status_code == 404


def test_a_new_name_is_no_new_segment(operator: Client) -> None:
    segment = Segment.objects.create(name="a", conditions={"all": [BEIJING]})
    other = Segment.objects.create(name="b", conditions={"all": [BEIJING]})
    address = reverse("admin:contacts_segment_change", args=[segment.pk])
    operator.post(address, _posted(BEIJING, name="c"))
    assert sorted(Segment.objects.values_list("pk", "name")) == [(segment.pk, "c"), (other.pk, "b")]
    for taken in ("b", "Ｂ"):
        page = operator.post(address, _posted(BEIJING, name=taken))
        assert page.context["form"].errors["name"]
        assert operator.post(reverse(ADD), _posted(BEIJING, name=taken)).status_code == 200
    assert Segment.objects.count() == 2


def test_a_list_of_these_in_a_and_b_not_in_c(operator: Client) -> None:
    people = make_list("a", people=6).contacts.order_by("uin")
    both, none = ContactList.objects.create(name="b"), ContactList.objects.create(name="c")
    for contact in people[1:5]:
        contact.memberships.create(contact_list=both)
    people[2].memberships.create(contact_list=none)
    Contact.objects.filter(uin=FIRST_UIN + 3).update(attributes={})
    segment = Segment.objects.create(name="s", conditions=BEIJING)
    page = operator.get(f"{reverse(COMBINE)}?segment={segment.pk}")
    assert page.context["form"]["segment"].value() == str(segment.pk)
    first = ContactList.objects.get(name="a")
    data = {"all_of": [first.pk, both.pk], "none_of": [none.pk], "segment": segment.pk}
    answer = operator.post(reverse(COMBINE), {**data, "new_list": "d"}, follow=True)
    assert "2 people were added to the list d." in answer.content.decode()
    made = ContactList.objects.get(name="d").contacts.values_list("uin", flat=True)
    assert sorted(made) == [FIRST_UIN + 1, FIRST_UIN + 4]


def test_combining_without_a_source_is_refused(operator: Client) -> None:
    page = operator.post(reverse(COMBINE), {"new_list": "d"})
    assert "Choose at least one list or segment" in page.content.decode()
    assert not ContactList.objects.exists()


def test_a_viewer_may_look_and_not_save(client: Client, db: None) -> None:
    segment = Segment.objects.create(name="a", conditions={"all": [BEIJING]})
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_segment"))
    client.force_login(user)
    address = reverse("admin:contacts_segment_change", args=[segment.pk])
    assert client.get(address).status_code == 200
    assert client.post(address, _posted(BEIJING)).status_code == 403
    assert client.get(reverse(ADD)).status_code == 403
    assert client.post(reverse(PREVIEW), _posted(BEIJING)).status_code == 403
    assert client.get(reverse(COMBINE)).status_code == 403
