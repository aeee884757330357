"""The command `segment`."""

from __future__ import annotations

import pytest

from contacts.models import Contact, ContactList, Segment
from tests.campaigns.factories import make_campaign
from tests.commandline import manage

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

WHERE = "city = 昆明 and not in list:VIP"


@pytest.fixture
def vip() -> ContactList:
    """A list with one of three people of 昆明."""
    vip = ContactList.objects.create(name="VIP")
    for n in range(3):
        Contact.objects.create(uin=20_000 + n, name=f"张{n}", attributes={"city": "昆明"})
    Contact.objects.create(uin=20_009, attributes={"city": "大理"})
    vip.contacts.add(Contact.objects.get(uin=20_000))
    return vip


def test_a_segment_from_creation_to_its_people(vip: ContactList) -> None:
    made = manage("segment", "create", "昆明人", "--where", WHERE, "--description", "x", "--json")
    assert made.status == 0
    assert made.json == {
        "name": "昆明人",
        "description": "x",
        "where": WHERE,
        "conditions": Segment.objects.get().conditions,
        "missing": [],
    }
    assert manage("segment", "show", "昆明人", "--json").json == made.json
    assert manage("segment", "list", "--json").json == {"items": [made.json], "next": None}
    assert manage("segment", "count", "昆明人", "--json").json == {
        "name": "昆明人",
        "count": 2,
        "missing": [],
    }
    first = manage("segment", "people", "昆明人", "--limit", 1, "--json").json
    assert first == {
        "items": [{"uin": 20_001, "name": "张1", "attributes": {"city": "昆明"}}],
        "next": 20_001,
    }
    second = manage("segment", "people", "昆明人", "--after", first["next"], "--json").json
    assert [person["uin"] for person in second["items"]] == [20_002]
    assert second["next"] is None


def test_the_same_without_json(vip: ContactList) -> None:
    assert WHERE in manage("segment", "create", "s", "--where", WHERE).out
    assert manage("segment", "show", "s").out == WHERE + "\n"
    assert manage("segment", "count", "s").out == "2\n"
    assert "张1" in manage("segment", "people", "s").out
    assert WHERE in manage("segment", "list").out


def test_an_edit_changes_what_is_given(vip: ContactList) -> None:
    manage("segment", "create", "s", "--where", WHERE, "--description", "old")
    changed = manage("segment", "edit", "s", "--where", "suppressed", "--name", "t", "--json").json
    assert (changed["name"], changed["where"], changed["description"]) == ("t", "suppressed", "old")
    assert manage("segment", "edit", "t", "--json").json["error"] == "no_change"


def test_what_was_deleted_is_named(vip: ContactList) -> None:
    manage("segment", "create", "s", "--where", WHERE)
    number = vip.pk
    vip.delete()
    counted = manage("segment", "count", "s", "--json").json
    assert counted["count"] == 0
    assert counted["missing"] == [{"what": "lists", "id": number, "name": "VIP"}]
    assert "“VIP” was deleted" in manage("segment", "show", "s").out
    again = manage("segment", "edit", "s", "--where", WHERE, "--json")
    assert again.json["missing"] == counted["missing"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("create", "s", "--where", ""), "no_condition"),
        (("create", "s", "--where", "city one of ()"), "where"),
        (("create", " \u200b", "--where", "suppressed"), "name_missing"),
        (("create", "s", "--where", "a = " + "9" * 20_000), "value_too_long"),
        (("create", "s", "--where", "a > " + "9" * 5_000), "not_a_number"),
        (("create", "s", "--where", "a = \udcff"), "bad_character"),
        (("create", "s", "--where", "a = \0"), "bad_character"),
        (("show", "nope"), "segment_unknown"),
        (("count", "nope\0\udcff"), "segment_unknown"),
        (("people", "s" * 5000), "segment_unknown"),
    ],
)
def test_a_refusal_has_a_sentence(arguments: tuple[str, ...], error: str) -> None:
    refused = manage("segment", *arguments, "--json")
    assert (refused.status, refused.json["error"]) == (1, error)
    assert refused.json["sentence"]
    assert not Segment.objects.exists()


@pytest.mark.parametrize(
    "arguments",
    [(), ("create", "s"), ("people", "s", "--limit", "²"), ("people", "s", "--after", "9" * 5000)],
)
def test_wrong_usage(arguments: tuple[str, ...]) -> None:
    assert manage("segment", *arguments).status == 2


def test_a_name_is_not_taken_twice(vip: ContactList) -> None:
    manage("segment", "create", "s", "--where", WHERE)
    twice = manage("segment", "create", "Ｓ", "--where", "suppressed", "--json")
    assert (twice.status, twice.json["error"]) == (1, "segment_exists")
    assert manage("segment", "show", "s").out == WHERE + "\n"


def test_a_segment_is_archived_restored_and_deleted() -> None:
    manage("segment", "create", "昆明人", "--where", "city = 昆明")
    archived = manage("segment", "archive", "昆明人", "--json")
    assert archived.status == 0
    assert archived.json["archived_at"] is not None
    assert manage("segment", "restore", "昆明人", "--json").json == {
        "name": "昆明人",
        "archived_at": None,
    }
    campaign = make_campaign("spring")
    campaign.segments.set(Segment.objects.all())
    refused = manage("segment", "delete", "昆明人", "--json")
    assert refused.status == 1
    assert "spring" in refused.json["sentence"]
    campaign.delete()
    assert manage("segment", "delete", "昆明人", "--json").json == {
        "name": "昆明人",
        "deleted": True,
    }
    assert not Segment.objects.exists()
