"""The form of segments: rows of conditions, a count before saving, conversion to a list."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from contacts.admin.segment_rows import conditions_of, rows_of
from contacts.models import Contact, ContactList, Segment
from tests.console.sample_data import FIRST_UIN, make_list

ADD = "admin:contacts_segment_add"
PREVIEW = "admin:contacts_segment_preview"
COMBINE = "admin:contacts_contactlist_combine"
BEIJING = {"kind": "attribute", "name": "city", "is": "equals", "value": "北京"}
CITY = {"what": "attribute", "name": "city", "comparison": "equals", "value": "北京"}


def _posted(*rows: dict[str, Any], name: str = "北京人", word: str = "all") -> dict[str, Any]:
    data: dict[str, Any] = {"name": name, "description": "", "word": word}
    data |= {"row-TOTAL_FORMS": str(len(rows)), "row-INITIAL_FORMS": "0"}
    for number, row in enumerate(rows):
        data |= {f"row-{number}-{part}": value for part, value in row.items()}
    return data


@pytest.mark.parametrize(
    ("row", "node"),
    [
        (CITY, BEIJING),
        (
            {**CITY, "comparison": "one_of", "value": "北京，上海"},
            {"kind": "attribute", "name": "city", "is": "one_of", "value": ["北京", "上海"]},
        ),
        ({"what": "name", "comparison": "filled"}, {"kind": "name", "is": "filled"}),
        ({"what": "suppressed", "comparison": "no"}, {"not": {"kind": "suppressed"}}),
        (
            {"what": "friend_of", "comparison": "yes", "value": "10000100"},
            {"kind": "friend_of", "accounts": [10000100]},
        ),
        (
            {"what": "last_written", "comparison": "more_than", "value": "30"},
            {"kind": "last_written", "is": "more_than", "days": 30},
        ),
        (
            {"what": "last_written", "comparison": "never"},
            {"kind": "last_written", "is": "never"},
        ),
        (
            {"what": "last_written", "comparison": "not_within", "value": "30"},
            {"not": {"kind": "last_written", "is": "less_than", "days": 30}},
        ),
        ({"what": "replied", "comparison": "ever"}, {"kind": "replied", "is": "ever"}),
        ({"what": "replied", "comparison": "never"}, {"kind": "replied", "is": "never"}),
        (
            {"what": "replied", "comparison": "less_than", "value": "7"},
            {"kind": "replied", "is": "less_than", "days": 7},
        ),
        (
            {"what": "replied", "comparison": "not_within", "value": "7"},
            {"not": {"kind": "replied", "is": "less_than", "days": 7}},
        ),
        ({"what": "never_reached", "comparison": "yes"}, {"kind": "never_reached"}),
        (
            {"what": "known_since", "comparison": "less_than", "value": "7"},
            {"kind": "known_since", "is": "less_than", "days": 7},
        ),
    ],
    ids=lambda value: value.get("what", "") if isinstance(value, dict) else "",
)
def test_a_row_becomes_a_condition_and_a_row_again(
    row: dict[str, Any], node: dict[str, Any], operator: Client
) -> None:
    operator.post(reverse(ADD), _posted(row, {"what": ""}, word="any"))
    saved = Segment.objects.get()
    assert saved.conditions == {"any": [node]}
    found = rows_of(saved.conditions)
    assert found is not None
    assert conditions_of(*found) == saved.conditions
    page = operator.get(reverse("admin:contacts_segment_change", args=[saved.pk]))
    assert page.context["form"].rows.forms[0].initial["what"] == row["what"]
    preview = operator.post(reverse(PREVIEW), _posted(row)).content.decode()
    assert "people now" in preview


def test_lists_are_chosen(operator: Client) -> None:
    made = make_list("老客户", people=3)
    operator.post(
        reverse(ADD), _posted({"what": "list", "comparison": "no", "lists": [str(made.pk)]})
    )
    assert Segment.objects.get().conditions == {
        "all": [{"not": {"kind": "list", "lists": [made.pk]}}]
    }


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({**CITY, "name": ""}, "Which attribute?"),
        ({**CITY, "value": ""}, "Which value?"),
        ({**CITY, "comparison": "above"}, "A number, like 18"),
        ({**CITY, "comparison": "never"}, "Choose one of: is, is not"),
        ({"what": "list", "comparison": "yes"}, "Choose at least one list."),
        ({"what": "friend_of", "comparison": "yes", "value": "x"}, "QQ numbers of accounts"),
        ({"what": "friend_of", "comparison": "yes", "value": "9" * 30}, "QQ numbers of accounts"),
        ({"what": "known_since", "comparison": "more_than", "value": "-1"}, "A number of days"),
        ({"what": ""}, "Give at least one condition."),
    ],
)
def test_what_is_wrong_is_said(row: dict[str, Any], sentence: str, operator: Client) -> None:
    page = operator.post(reverse(ADD), _posted(row))
    assert page.status_code == 200
    assert sentence in page.content.decode()
    assert sentence in operator.post(reverse(PREVIEW), _posted(row)).content.decode()
    assert not Segment.objects.exists()


def test_the_preview_counts_and_shows_some_before_saving(operator: Client) -> None:
    make_list("老客户", people=12)
    page = operator.post(reverse(PREVIEW), _posted(CITY, name="")).content.decode()
    assert "<b>12</b>" in page
    assert "张伟9" in page
    assert "张伟11" not in page
    assert not Segment.objects.exists()


DEEP = {
    "any": [BEIJING, {"all": [{"kind": "suppressed"}, {"not": {"kind": "name", "is": "filled"}}]}]
}


@pytest.mark.parametrize(
    "conditions",
    [
        DEEP,
        {"not": {"all": [BEIJING]}},
        {"all": [{**BEIJING, "is": "one_of", "value": ["a,b", "c"]}]},
        {"all": [{"kind": "last_written", "is": "never", "days": 3}]},
        {"all": [BEIJING], "any": [BEIJING]},
    ],
)
def test_what_rows_cannot_say_stays_text(conditions: dict[str, Any], operator: Client) -> None:
    segment = Segment.objects.create(name="deep", conditions=conditions)
    address = reverse("admin:contacts_segment_change", args=[segment.pk])
    form = operator.get(address).context["form"]
    assert form.rows is None
    assert json.loads(form["text"].value()) == conditions
    operator.post(address, {"name": "deep", "description": "", "text": form["text"].value()})
    segment.refresh_from_db()
    assert segment.conditions == conditions


@pytest.mark.parametrize("text", ["{", "[]", '{"kind": "x"}', '{"all": [1]}', "[" * 5000, "1"])
def test_a_text_that_is_no_condition_is_refused(text: str, operator: Client) -> None:
    data = {"name": "deep", "description": "", "text": text}
    page = operator.post(reverse(ADD), data)
    assert page.status_code == 200
    assert page.context["form"].errors
    assert operator.post(reverse(PREVIEW), data).status_code == 200
    assert not Segment.objects.exists()


def test_a_new_name_is_no_new_segment(operator: Client) -> None:
    segment = Segment.objects.create(name="a", conditions={"all": [BEIJING]})
    other = Segment.objects.create(name="b", conditions={"all": [BEIJING]})
    address = reverse("admin:contacts_segment_change", args=[segment.pk])
    operator.post(address, _posted(CITY, name="c"))
    assert sorted(Segment.objects.values_list("pk", "name")) == [(segment.pk, "c"), (other.pk, "b")]
    assert operator.post(address, _posted(CITY, name="b")).status_code == 200
    assert operator.post(reverse(ADD), _posted(CITY, name="b")).status_code == 200
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
    assert client.post(address, _posted(CITY)).status_code == 403
    assert client.get(reverse(ADD)).status_code == 403
    assert client.post(reverse(PREVIEW), _posted(CITY)).status_code == 403
    assert client.get(reverse(COMBINE)).status_code == 403
