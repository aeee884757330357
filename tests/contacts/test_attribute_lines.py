"""Attributes as lines: unchanged lines keep their values, and bad lines are refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.people.attribute_lines import attributes_of, lines_of
from foundation.refusals import Refusal

KNOWN = {
    "city": "北京",
    "age": 41,
    "vip": True,
    "note": "one\n\ntwo",
    "url": "http://a/b:c",
    "a:b": "x",
}


def test_attributes_become_lines() -> None:
    assert lines_of({"city": "北京", "age": 41}) == "city: 北京\nage: 41"
    assert lines_of({}) == ""
    assert lines_of([]) == ""  # type: ignore[arg-type]


def test_unchanged_lines_keep_their_values() -> None:
    assert attributes_of(lines_of(KNOWN), before=KNOWN) == KNOWN
    text = lines_of(KNOWN).replace("\n", "\r\n") + "\r\n\r\nlevel： 金卡 \r\n"
    assert attributes_of(text, before=KNOWN) == {**KNOWN, "level": "金卡"}


@given(
    st.dictionaries(
        st.text(alphabet="ab: ：城\n", min_size=1, max_size=5).map(str.strip).filter(bool),
        st.text(alphabet="xy: ：\n 市", max_size=9).map(str.strip).filter(bool) | st.integers(),
    )
)
def test_any_attributes_survive_the_round_trip(known: dict[str, Any]) -> None:
    entries = {lines_of({name: value}) for name, value in known.items()}
    if len(entries) == len(known):
        assert attributes_of(lines_of(known), before=known) == known


def test_a_changed_line_is_text_and_an_empty_value_removes_the_attribute() -> None:
    found = attributes_of("city: 上海\nage: 42\nvip:\nnote: a\n  b", before=KNOWN)
    assert found == {"city": "上海", "age": "42", "note": "a\nb"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("city: 北京\nBeijing", "Line 2: a colon is missing"),
        ("\n\n: 北京", "Line 3: the name before the colon is missing"),
        ("city: a\ncity: b", "Line 2: “city” occurs twice"),
        (f"{'n' * 256}: b", "Line 1: the name is too long, at most 255"),
        (f"n: {'b' * 10_001}", "Line 1: the value is too long, at most 10000"),
    ],
)
def test_a_bad_line_is_refused_with_its_number(text: str, sentence: str) -> None:
    with pytest.raises(Refusal) as refused:
        attributes_of(text, before={})
    assert refused.value.sentence.startswith(sentence)


@pytest.mark.timeout(20)
def test_a_value_of_very_many_lines_is_refused_at_once() -> None:
    with pytest.raises(Refusal, match="too long"):
        attributes_of("note: x\n" + "  y\n" * 300_000, before={})
