"""The where-language: what it reads, what it prints, and what it says about errors."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacts.models import ContactList
from contacts.segments.conditions import understood
from contacts.segments.where import parse_where
from contacts.segments.where_text import where_text
from foundation.refusals import Refusal
from tests.contacts.segments.strategies import conditions
from tests.examples import examples

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

CITY = {"kind": "attribute", "name": "city", "is": "equals", "value": "昆明"}


def _attribute(name: str, comparison: str, **values: Any) -> dict[str, Any]:
    return {"kind": "attribute", "name": name, "is": comparison, **values}


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("city = 昆明", CITY),
        ("city＝昆明", CITY),
        ('"city" == “昆明”', CITY),
        ("city = 昆明 and age >= 18", {"all": [CITY, _attribute("age", "at_least", value="18")]}),
        ("city = 昆明 且 不 suppressed", {"all": [CITY, {"not": {"kind": "suppressed"}}]}),
        ("suppressed or suppressed and suppressed",
         {"any": [{"kind": "suppressed"}, {"all": [{"kind": "suppressed"}] * 2}]}),
        ("（suppressed 或 suppressed）且 suppressed",
         {"all": [{"any": [{"kind": "suppressed"}] * 2}, {"kind": "suppressed"}]}),
        ("a is empty", _attribute("a", "empty")),
        ("a is not empty", _attribute("a", "filled")),
        ("a is yes", _attribute("a", "yes")),
        ('a is "yes"', _attribute("a", "equals", value="yes")),
        ("a one of (x, “y z”、3)", _attribute("a", "one_of", value=["x", "y z", "3"])),
        ("a between 1 and 2", _attribute("a", "between", value=["1", "2"])),
        ("a starts with x", _attribute("a", "starts_with", value="x")),
        ("a in the last 30 days", _attribute("a", "in_last", days=30)),
        ("a in next 1 day", _attribute("a", "in_next", days=1)),
        ("生日 birthday in next 7 days", _attribute("生日", "birthday", days=7)),
        ("birthday in next 7 days", _attribute("birthday", "birthday", days=7)),
        ("birthday today", _attribute("birthday", "birthday_today")),
        ('"birthday" in next 7 days', _attribute("birthday", "in_next", days=7)),
        ("born older than 18 years", _attribute("born", "older_than", years=18)),
        ("name starts with 张", {"kind": "name", "is": "starts_with", "value": "张"}),
        ('"name" = x', _attribute("name", "equals", value="x")),
        ('"not" = "and"', _attribute("not", "equals", value="and")),
        (r'"a\"b\\\n\u0041" = 1', _attribute('a"b\\\nA', "equals", value="1")),
        ("known for more than 30 days", {"kind": "known_since", "is": "more_than", "days": 30}),
        ("written to in the last 30 days", {"kind": "last_written", "is": "less_than", "days": 30}),
        ("written to more than 3 days ago", {"kind": "last_written", "is": "more_than", "days": 3}),
        ("never written to", {"kind": "last_written", "is": "never"}),
        ("replied", {"kind": "replied", "is": "ever"}),
        ("online now", {"kind": "online", "is": "now"}),
        ("online in the last 6 hours", {"kind": "online", "is": "less_than", "hours": 6}),
        ("online in last 0.5 小时", {"kind": "online", "is": "less_than", "hours": 0.5}),
        ("never online", {"kind": "online", "is": "never"}),
        ("never reached", {"kind": "never_reached"}),
        ("friend of 10001", {"kind": "friend_of", "accounts": [10001]}),
        ("friend of (10001, 10002)", {"kind": "friend_of", "accounts": [10001, 10002]}),
        ("friend of any account", {"kind": "friend_of", "accounts": []}),
    ],
)  # fmt: skip
def test_a_text_becomes_a_tree(text: str, tree: Any) -> None:
    assert parse_where(text) == tree
    assert parse_where(where_text(tree) or "") == tree


def test_lists_are_found_by_name() -> None:
    vip = ContactList.objects.create(name="VIP")
    old = ContactList.objects.create(name="老 客户")
    tree = {"kind": "list", "lists": [vip.pk, old.pk], "names": ["VIP", "老 客户"]}
    assert parse_where("in list:(VIP, “老 客户”)") == tree
    assert parse_where("不在 列表：ｖｉｐ") == {
        "not": {"kind": "list", "lists": [vip.pk], "names": ["VIP"]}
    }
    assert where_text(tree) == 'in list:(VIP, "老 客户")'


def test_a_deleted_list_keeps_its_name_and_its_place() -> None:
    vip = ContactList.objects.create(name="VIP")
    tree, number = parse_where("not in list:VIP"), vip.pk
    vip.delete()
    text = where_text(tree)
    assert text == f'not in list:"VIP"#{number}'
    assert parse_where(text) == tree
    assert parse_where("not in list:VIP", before=tree) == tree
    with pytest.raises(Refusal, match="no list “VIP”"):
        parse_where("not in list:VIP")


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("city", 5, "“=”"),
        ("city =", 7, "a value expected"),
        ("city = and x", 8, "a value expected, not “and”"),
        ("city = New York", 12, "“and”, “or” or the end expected, not “York”"),
        ("city = x)", 9, "“and”, “or” or the end"),
        ("(city = x", 10, "“)”"),
        ("city one of ()", 14, "has no values"),
        ("city one of x", 13, "“(”"),
        ("city = 'a", 8, "does not end"),
        (r'city = "\u12"', 9, "four hexadecimal digits"),
        ("in list:Nope", 9, "no list “Nope”"),
        ("in list:x#y", 11, "a number is expected after #"),
        ("a in last many days", 11, "a number"),
        ("a in last 99999999 days", 11, "a number"),
        ("and", 1, "a condition, such as"),
        ("! x", 1, "means nothing here"),
        ("not " * 60 + "suppressed", 201, "nested too deeply"),
        ("(" * 5000, 51, "nested too deeply"),
    ],
)
def test_an_error_says_where_and_what(text: str, position: int, words: str) -> None:
    with pytest.raises(Refusal) as refusal:
        parse_where(text)
    assert words in refusal.value.sentence
    assert refusal.value.details["position"] == position
    assert str(refusal.value.details["position"]) in refusal.value.sentence


@pytest.mark.parametrize("text", ["", "  \n　"])
def test_no_condition_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="at least one condition"):
        parse_where(text)


@given(st.text(max_size=40))
@settings(
    max_examples=examples(200),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(Refusal):
        assert isinstance(parse_where(text), dict)


@given(st.data())
@settings(
    max_examples=examples(200),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_what_is_printed_is_read_as_the_same_tree(data: st.DataObject) -> None:
    lists = [
        (ContactList.objects.get_or_create(name=name)[0].pk, name)
        for name in ("VIP", "老 客户", 'a"b', "not")
    ]
    tree = data.draw(conditions([*lists, (999_999, "gone")]))
    text = where_text(tree)
    if text is None:  # a value that does not fit its comparison
        with pytest.raises(Refusal):
            understood(tree)
        return
    assert parse_where(text) == tree == understood(tree).conditions
