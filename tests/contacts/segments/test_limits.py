"""Conditions that are too large, wrong, or about something that was deleted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contacts.models import Contact, ContactList, Segment
from contacts.segments.bounded import bounded
from contacts.segments.conditions import (
    DEEPEST,
    MOST_CONDITIONS,
    condition_of,
    understand,
    understood,
)
from contacts.segments.preview import count_people, preview_segment
from contacts.segments.references import missing_in
from contacts.segments.save import change_segment, create_segment
from contacts.segments.slots import MOST_VALUES
from contacts.segments.where import parse_where
from contacts.segments.where_text import where_text
from foundation.refusals import Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

SUPPRESSED = {"kind": "suppressed"}


def _age(comparison: str, value: Any) -> dict[str, Any]:
    return {"kind": "attribute", "name": "age", "is": comparison, "value": value}


def _deep(levels: int) -> Any:
    tree: Any = SUPPRESSED
    for number in range(levels):
        tree = {"not": tree} if number % 2 else {"all": [tree]}
    return tree


@pytest.fixture
def people() -> list[Contact]:
    return [
        Contact.objects.create(uin=10_000 + n, name=f"P{n}", attributes={"age": str(n)})
        for n in range(4)
    ]


@pytest.mark.parametrize(
    ("conditions", "code"),
    [
        (_age("one_of", []), "values_missing"),
        (_age("one_of", ["x"] * 300_000), "too_many_values"),
        (_age("one_of", [""]), "value_missing"),
        (_age("above", 10**30), "not_a_number"),
        (_age("above", "9" * 5000), "not_a_number"),
        (_age("above", 10**5000), "value_too_long"),
        (_age("above", "1e400"), "not_a_number"),
        (_age("above", float("nan")), "not_a_number"),
        (_age("above", float("inf")), "not_a_number"),
        (_age("above", "nan"), "not_a_number"),
        (_age("above", "²"), "not_a_number"),
        (_age("between", ["2", "1"]), "limits_in_wrong_order"),
        (_age("between", ["1"]), "values_missing"),
        (_age("between", ["1", "2026-01-01"]), "not_a_number"),
        (_age("equals", "a\0b"), "bad_character"),
        (_age("equals", "\ud800"), "bad_character"),
        (_age("equals", "x" * 10_001), "value_too_long"),
        (_age("equals", True), "condition"),
        (_age("equals", None), "value_missing"),
        (_age("equals", ["x"]), "condition"),
        ({**_age("equals", "x"), "name": "x" * 256}, "attribute_name_too_long"),
        ({**_age("equals", "x"), "name": "a\0"}, "bad_character"),
        ({"kind": "attribute", "name": "a", "is": "in_last", "days": -1}, "bad_amount"),
        ({"kind": "attribute", "name": "a", "is": "in_last", "days": 10**400}, "bad_amount"),
        ({"kind": "attribute", "name": "a", "is": "in_last", "days": True}, "bad_amount"),
        ({"kind": "attribute", "name": "a", "is": "older_than", "years": 0.5}, "bad_amount"),
        ({"kind": "known_since", "days": float("nan")}, "bad_amount"),
        ({"kind": "online", "is": "less_than", "hours": -1}, "bad_amount"),
        ({"kind": "list", "lists": []}, "nothing_chosen"),
        ({"kind": "list", "lists": [True]}, "condition"),
        ({"kind": ""}, "condition"),
        ({"kind": ["x"]}, "no_such_condition"),
        ({"all": [SUPPRESSED], "any": [SUPPRESSED]}, "condition"),
        ({"any": []}, "condition"),
        (_deep(DEEPEST), "segment_too_large"),
        (_deep(100_000), "segment_too_large"),
        ({"any": [SUPPRESSED] * MOST_CONDITIONS}, "segment_too_large"),
    ],
)
def test_what_is_wrong_gets_a_sentence_and_is_not_saved(conditions: Any, code: str) -> None:
    with pytest.raises(Refusal) as refusal:
        create_segment(name="s", conditions=conditions)
    assert refusal.value.code == code
    assert 0 < len(refusal.value.sentence) < 500
    json.dumps(refusal.value.sentence).encode()
    assert not Segment.objects.exists()


def test_the_largest_segments_are_evaluated(people: list[Contact]) -> None:
    for tree in (
        {"all": [_age("above", "1")] * (MOST_CONDITIONS - 1)},
        {"any": [_age("above", "1")] * (MOST_CONDITIONS - 1)},
        {"not": {"any": [{"not": _age("above", "1")}] * ((MOST_CONDITIONS - 2) // 2)}},
    ):
        assert count_people(conditions=tree) == 2
    assert count_people(conditions=_deep(DEEPEST - 1)) in (0, 4)
    values = [str(n) for n in range(2, MOST_VALUES + 2)]
    assert count_people(conditions=_age("one_of", values)) == 2
    text = where_text(_age("one_of", values)) or ""
    assert parse_where(text)["value"] == values


def test_wildcards_are_letters(people: list[Contact]) -> None:
    Contact.objects.filter(pk=people[0].pk).update(attributes={"age": r"100%_\x"})
    for piece in ("%", "_", "\\", r"%_\X"):
        assert count_people(conditions=_age("contains", piece)) == 1
    assert count_people(conditions=_age("starts_with", "1%")) == 0
    assert count_people(conditions=_age("contains", "y" * 10_000)) == 0


def test_every_problem_is_said_with_its_place() -> None:
    found = understand({"all": [SUPPRESSED, {"not": {"any": [_age("one_of", []), {"kind": ""}]}}]})
    assert [(one.path, one.refusal.code) for one in found.problems] == [
        ((1, 0), "values_missing"),
        ((1, 1), "condition"),
    ]


@pytest.fixture
def gone(people: list[Contact]) -> dict[str, Any]:
    """A condition on a list that was deleted after it was saved."""
    vip = ContactList.objects.create(name="VIP")
    vip.contacts.add(people[0])
    tree: dict[str, Any] = understood({"kind": "list", "lists": [vip.pk]}).conditions
    vip.delete()
    return tree


def test_what_was_deleted_selects_nobody(gone: dict[str, Any], people: list[Contact]) -> None:
    old = _age("above", "1")  # 2 and 3
    for tree, uins in (
        (gone, []),
        ({"not": gone}, []),
        ({"not": {"not": gone}}, []),
        ({"any": [gone, old]}, [10_002, 10_003]),
        ({"any": [{"not": gone}, old]}, [10_002, 10_003]),
        ({"all": [gone, old]}, []),
        ({"not": {"all": [gone, old]}}, [10_000, 10_001]),
        ({"not": {"any": [gone, old]}}, []),
        ({"not": {"all": [{"not": gone}, {"not": old}]}}, [10_002, 10_003]),
    ):
        found = Contact.objects.filter(condition_of(tree)).order_by("uin")
        assert list(found.values_list("uin", flat=True)) == uins, tree
    assert [(one.key, one.name) for one in missing_in({"not": gone})] == [("lists", "VIP")]


def test_one_of_several_lists_was_deleted(gone: dict[str, Any], people: list[Contact]) -> None:
    other = ContactList.objects.create(name="other")
    other.contacts.add(people[1])
    tree = {"kind": "list", "lists": [*gone["lists"], other.pk]}
    assert count_people(conditions=tree) == 1
    assert count_people(conditions={"not": tree}) == 0


def test_what_was_deleted_may_stay_and_not_be_added(gone: dict[str, Any]) -> None:
    segment = Segment.objects.create(name="s", conditions={"not": gone})
    changed = change_segment(segment=segment, conditions={"any": [gone, SUPPRESSED]})
    assert changed.conditions["any"][0]["names"] == ["VIP"]
    with pytest.raises(Refusal, match="no list #123456"):
        change_segment(segment=segment, conditions={"kind": "list", "lists": [123_456]})
    with pytest.raises(Refusal, match="no list #123456"):
        create_segment(name="t", conditions={"kind": "list", "lists": [123_456]})


@pytest.mark.parametrize("number", [0, -1, 2**63, 2**64, 10**400])
def test_an_id_of_any_size_is_of_nothing(number: int, people: list[Contact]) -> None:
    assert count_people(conditions={"not": {"kind": "list", "lists": [number]}}) == 0
    assert count_people(conditions={"not": {"kind": "friend_of", "accounts": [number]}}) == 0


def test_names_that_look_alike_are_one() -> None:
    create_segment(name="VIP", conditions=SUPPRESSED)
    with pytest.raises(Refusal, match="a segment “VIP” already"):
        create_segment(name=" ｖｉｐ\u200b", conditions=SUPPRESSED)
    other = create_segment(name="other", conditions=SUPPRESSED)
    with pytest.raises(Refusal, match="a segment “VIP” already"):
        change_segment(segment=other, name="vip")
    assert change_segment(segment=other, name="Other").name == "Other"
    other.delete()
    with pytest.raises(Refusal, match="has been deleted"):
        change_segment(segment=other, name="x", conditions=SUPPRESSED)


def test_a_query_is_stopped_in_time(people: list[Contact]) -> None:
    from django.db import connection

    endless = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    )
    with pytest.raises(Refusal) as refusal, bounded(1), connection.cursor() as cursor:
        cursor.execute(endless)
    assert refusal.value.code == "too_slow"
    assert preview_segment(conditions=_age("above", "1")).count == 2
