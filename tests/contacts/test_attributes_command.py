"""The command `attributes`: list, type and merge."""

from __future__ import annotations

import pytest

from contacts.models import Attribute, Contact
from contacts.people.attributes import record_attribute_names
from tests.commandline import manage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def people(db: None) -> None:
    values = [{"rate": "80%"}, {"rate": "much"}, {"rate": "1,200", "Ｒate2": "5"}]
    for number, attributes in enumerate(values):
        Contact.objects.create(uin=10_001 + number, attributes=attributes)
    record_attribute_names(contact_list=None, names=["rate", "Ｒate2"])


def test_it_lists_attributes_with_their_types() -> None:
    assert [(row["name"], row["type"]) for row in manage("attributes", "list", "--json").json] == [
        ("rate", "text"),
        ("Ｒate2", "text"),
    ]
    Attribute.objects.all().delete()
    assert manage("attributes", "list").out == "There are no attributes.\n"


def test_a_type_reads_the_values_again_and_counts_those_it_cannot_read() -> None:
    answer = manage("attributes", "type", "rate", "number", "--json").json
    assert (answer["type"], answer["unread"], answer["reading"]) == ("number", 1, False)
    assert [one.readings or {} for one in Contact.objects.order_by("uin")] == [
        {"rate": 0.8},
        {},
        {"rate": 1200},
    ]
    assert "Values that cannot be read: 1." in manage("attributes", "type", "rate", "number").out


def test_a_name_that_looks_alike_is_found() -> None:
    assert manage("attributes", "type", "rate2", "date:dmy", "--json").json["name"] == "Ｒate2"
    assert Attribute.objects.get(name="Ｒate2").order == "dmy"


@pytest.mark.parametrize(("keep", "kept"), [("target", "1,200"), ("source", "5")])
def test_two_are_merged_into_one(keep: str, kept: str) -> None:
    answer = manage("attributes", "merge", "Ｒate2", "rate", "--keep", keep, "--json").json
    assert answer == {"merged": "Ｒate2", "into": "rate", "kept": keep}
    assert Contact.objects.get(uin=10_003).attributes == {"rate": kept}
    assert [row.name for row in Attribute.objects.all()] == ["rate"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("type", "nowhere", "number"), "attribute_unknown"),
        (("type", "rate\0", "number"), "attribute_unknown"),
        (("type", "rate", "colour"), "no_such_type"),
        (("merge", "rate", "rate"), "nothing_to_merge"),
        (("merge", "rate", "nowhere"), "attribute_unknown"),
    ],
)
def test_it_refuses_with_a_sentence(words: tuple[str, ...], code: str) -> None:
    result = manage("attributes", *words, "--json")
    assert result.status == 1
    assert result.json["error"] == code
    assert result.json["sentence"].endswith(".")
