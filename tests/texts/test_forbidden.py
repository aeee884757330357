"""Forbidden words are found however they are written, and only they."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.refusals import Refusal
from texts.forbidden import ForbiddenWords, clean_word, compiled_words, folded, without_tags


@pytest.mark.parametrize(
    ("word", "text", "index"),
    [
        ("发票", "您的发票", 2),
        ("发票", "您的发 \u200b票", 2),
        ("发票", "发\n票", 0),
        ("VIP", "a ｖｉｐ offer", 2),
        ("straße", "STRASSE", 0),
        ("加*微信", "请加我的微信", 1),
        ("b?d", "a bad day", 2),
        ("b?d", "bd", None),
        ("加*微信", "加" + "我" * 21 + "微信", None),
        ("发票", "发 到 票", None),
        ("a.c", "abc", None),
    ],
)
def test_a_word_is_found_with_its_place(word: str, text: str, index: int | None) -> None:
    found = ForbiddenWords([clean_word(word)]).first_in(text)
    assert (None if found is None else found.index) == index


def test_a_word_inside_a_tag_is_not_found_and_places_stay() -> None:
    words = ForbiddenWords(["name", "b"])
    text = "{{ name }}{% if b %} b{% endif %}"
    found = words.first_in(without_tags(text))
    assert found is not None
    assert text[found.index] == "b"
    assert found.index == text.index(" b{%") + 1


def test_all_words_are_named_in_the_order_of_the_list() -> None:
    assert ForbiddenWords(["c", "?x", "a", "d"]).all_in("a x c") == ["c", "?x", "a"]
    assert compiled_words([]) is None


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("", "word_missing"),
        (" \u200b*?", "word_missing"),
        ("a*b*c*d", "word_stars"),
        ("x" * 101, "word_too_long"),
        ("a\0", "word_malformed"),
        ("\ud800", "word_malformed"),
    ],
)
def test_what_is_no_word_is_refused(word: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        clean_word(word)
    assert refused.value.code == code


@given(
    st.lists(st.text("abc票?", min_size=1, max_size=4).filter(lambda w: w.strip("?")), max_size=6),
    st.text("abc 票x\u200b", max_size=20),
)
def test_the_search_finds_what_a_search_for_each_word_finds(words: list[str], text: str) -> None:
    plain = folded(text)
    expected = {
        word
        for word in words
        if re.search("".join("." if c == "?" else re.escape(c) for c in word), plain)
    }
    found = ForbiddenWords(words)
    assert set(found.all_in(text)) == expected
    first = found.first_in(text)
    assert (first is not None) == bool(expected)
    assert first is None or first.word in expected
