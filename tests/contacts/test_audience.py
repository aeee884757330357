"""Audiences, segments and combined lists: which people they select."""

from __future__ import annotations

from typing import Any

import pytest

from contacts.lists.combine import combine_lists
from contacts.models import Contact, ContactList, Segment, Suppression
from contacts.segments.audience import audience_contacts
from contacts.segments.preview import preview_segment
from foundation.refusals import Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

ATTRIBUTES: list[dict[str, Any]] = [
    {"city": "Bern", "level": "3"},
    {"city": "Basel", "level": "12"},
    {"city": ""},
    {"level": "many", "a b']": "x"},
    {"city": "bern-west", "level": "-2.5"},
    {},
]


@pytest.fixture(autouse=True)
def people() -> None:
    for number, attributes in enumerate(ATTRIBUTES):
        Contact.objects.create(uin=10_000 + number, name=f"P{number}", attributes=attributes)


def _list(name: str, *numbers: int) -> ContactList:
    made = ContactList.objects.create(name=name)
    made.contacts.add(*Contact.objects.filter(uin__in=[10_000 + number for number in numbers]))
    return made


def _numbers(people: Any) -> list[int]:
    return [uin - 10_000 for uin in people.order_by("pk").values_list("uin", flat=True)]


def test_a_person_in_several_lists_occurs_once() -> None:
    one, two, no = _list("1", 0, 1, 2), _list("2", 1, 2, 3), _list("no", 2)
    assert _numbers(audience_contacts(lists=[one, two], excluded_lists=[no])) == [0, 1, 3]


def test_segments_add_people_and_excluded_lists_remove_them() -> None:
    segment = Segment(conditions={"kind": "attribute", "name": "city", "value": "Basel"})
    people = audience_contacts(
        lists=[_list("1", 0)], segments=[segment], excluded_lists=[_list("no", 0)]
    )
    assert _numbers(people) == [1]


def test_an_audience_without_lists_and_conditions_is_empty() -> None:
    assert _numbers(audience_contacts(lists=[])) == []
    assert _numbers(audience_contacts(lists=[], segments=[Segment(conditions={})])) == []


def test_an_audience_is_read_in_order_of_contact_id() -> None:
    people = audience_contacts(lists=[_list("1", 0, 2, 4, 5)]).order_by("pk")
    first = list(people[:2])
    assert _numbers(people.filter(pk__gt=first[-1].pk)) == [4, 5]


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"kind": "attribute", "name": "city", "value": "Bern"}, [0]),
        (
            {"kind": "attribute", "name": "city", "is": "not_equals", "value": "Bern"},
            [1, 2, 3, 4, 5],
        ),
        ({"kind": "attribute", "name": "city", "is": "contains", "value": "bern"}, [0, 4]),
        ({"kind": "attribute", "name": "city", "is": "starts_with", "value": "ba"}, [1]),
        ({"kind": "attribute", "name": "city", "is": "one_of", "value": ["Bern", "Basel"]}, [0, 1]),
        ({"kind": "attribute", "name": "city", "is": "filled"}, [0, 1, 4]),
        ({"kind": "attribute", "name": "city", "is": "empty"}, [2, 3, 5]),
        ({"kind": "attribute", "name": "level", "is": "above", "value": 2}, [0, 1]),
        ({"kind": "attribute", "name": "level", "is": "below", "value": "3"}, [4]),
        ({"not": {"kind": "attribute", "name": "level", "is": "above", "value": 2}}, [2, 3, 4, 5]),
        ({"kind": "attribute", "name": "a b']", "value": "x"}, [3]),
        ({"kind": "name", "is": "starts_with", "value": "p1"}, [1]),
        ({"kind": "name", "is": "one_of", "value": ["P0", "P5"]}, [0, 5]),
        ({"kind": "suppressed"}, [4]),
        ({"kind": "known_since", "is": "less_than", "days": 1}, [0, 1, 2, 3, 4, 5]),
        ({"kind": "known_since", "is": "more_than", "days": 1}, []),
        (
            {
                "any": [
                    {"kind": "name", "value": "P3"},
                    {
                        "all": [
                            {"kind": "attribute", "name": "city", "is": "filled"},
                            {"not": {"kind": "suppressed"}},
                        ]
                    },
                ]
            },
            [0, 1, 3],
        ),
    ],
)
def test_a_condition_selects_people(conditions: dict[str, Any], expected: list[int]) -> None:
    Suppression.objects.create(uin=10_004)
    preview = preview_segment(conditions=conditions)
    assert [person.uin - 10_000 for person in preview.sample] == expected
    assert (preview.count, preview.is_exact) == (len(expected), True)


def test_a_condition_on_lists() -> None:
    made = _list("1", 2, 3)
    assert preview_segment(conditions={"kind": "list", "lists": [made.pk]}).count == 2
    assert preview_segment(conditions={"not": {"kind": "list", "lists": [made.pk]}}).count == 4


def test_lists_are_combined_as_sets() -> None:
    a, b, c = _list("a", 0, 1, 2, 3), _list("b", 1, 2, 3, 4), _list("c", 3)
    into = _list("into", 2)
    assert combine_lists(into=into, all_of=[a, b], none_of=[c]) == 1
    assert _numbers(into.contacts) == [1, 2]
    assert combine_lists(into=into, any_of=[a, b]) == 3
    with pytest.raises(Refusal):
        combine_lists(into=into, none_of=[a])
