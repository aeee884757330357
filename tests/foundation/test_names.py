"""Names: cleaned in one way, and compared by what they look like."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from foundation.names import (
    LONGEST_KEY,
    blank_if_invisible,
    clean_name,
    has_visible_character,
    name_key,
)
from foundation.refusals import Refusal

FAMILY = "👨\u200d👩\u200d👧"
ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
PERSIAN = "می\u200cخواهم"
SINHALA = "ශ්\u200dරී"
#: Characters that show nothing.
NOTHING = (
    "\u200b\u200c\u200d\u200e\u202e\u2060\ufeff\u00ad\u034f\u3164\ufe0f\u2065\U000e0101\U000e0067"
)
#: Any text, with more of what is difficult.
TEXTS = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(
            NOTHING + " \u3000\u2800\u0085iİıßﬁ①Ａａｶﾞᾳǰ☺👨🏽1#\u20e3\u0307\u0345م\u0dca\u0dbb"
        ),
    ),
    max_size=12,
)


@pytest.mark.parametrize(
    ("given_text", "stored"),
    [
        ("  VIP  ", "VIP"),
        ("V\u200bI\u202eP\ufeff", "VIP"),
        ("华东\u3000\t客户\n名单", "华东 客户 名单"),
        ("e\u0301t\u00e9", "été"),
        ("a\u2800b", "a b"),
        ("\u3164VIP\uffa0", "VIP"),
        ("葛\U000e0100城", "葛城"),
        (FAMILY, FAMILY),
        ("❤\ufe0f 1\ufe0f\u20e3", "❤\ufe0f 1\ufe0f\u20e3"),
        ("☺\u200d\u200b", "☺"),
        ("a\u200db", "ab"),
        (ENGLAND, ENGLAND),
        ("VIP\U000e0067\U000e007f", "VIP"),
        (PERSIAN, PERSIAN),
        (SINHALA, SINHALA),
        ("\U0001fadf", "\U0001fadf"),  # assigned later than this Python's tables
        ("\ue000", "\ue000"),  # private use: some fonts show it
    ],
)
def test_a_name_is_cleaned(given_text: str, stored: str) -> None:
    assert clean_name(given_text) == stored


@pytest.mark.parametrize(
    ("given_text", "code"),
    [
        ("", "name_missing"),
        (" \u3000\n", "name_missing"),
        ("\u200b\u2800\u3164\U000e0001", "name_missing"),
        ("a\0b", "name_malformed"),
        ("a\x1b[31m", "name_malformed"),
        ("a\ud800", "name_malformed"),
        ("a\uffff", "name_malformed"),
        ("a\ufdd0", "name_malformed"),
        (".", "name_malformed"),
        (" .. ", "name_malformed"),
        ("a" * 129, "name_too_long"),
    ],
)
def test_a_name_that_cannot_be_read_is_refused(given_text: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        clean_name(given_text)
    assert refused.value.code == code
    assert str(refused.value).isprintable()


def test_a_name_is_as_long_as_its_cleaned_form() -> None:
    assert clean_name("a" * 128 + "\u200b" * 50) == "a" * 128


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("VIP", "vip"),
        ("VIP", "ＶＩＰ"),
        ("VIP", " v\u200bi\u00adp "),
        ("ガク", "ｶﾞｸ"),
        ("Straße", "STRASSE"),
        ("ﬁn", "FIN"),
        ("istanbul", "İSTANBUL"),
        ("ısparta", "ISPARTA"),
        ("a b", "a\u3000\u2003b"),
        ("①", "1"),
        ("❤\ufe0f", "❤"),
        (PERSIAN, PERSIAN.replace("\u200c", "")),
        ("ΣΑΣ", "σας"),
        ("\u1112\u1161\u11ab", "한"),
    ],
)
def test_names_that_look_alike_are_one(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("VIP", "VIP2"), ("ab", "a b"), ("か", "が"), ("客户", "客戶"), ("e", "é"), ("☺", "☹")],
)
def test_names_that_look_different_are_two(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


def test_flags_of_regions_are_two() -> None:
    scotland = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
    assert len({name_key(ENGLAND), name_key(scotland), name_key("\U0001f3f4")}) == 3


def test_a_long_key_is_cut_and_still_tells_names_apart() -> None:
    one, other = name_key("\ufdfa" * 128), name_key("\ufdfa" * 127 + "a")
    assert one != other
    assert len(one) <= LONGEST_KEY
    assert name_key(one) == one


@given(TEXTS)
@example("☺\u200d ")
@example("\u0345\u0300")
@example("ŉ\u2800")
def test_cleaning_and_keys_are_stable(text: str) -> None:
    key = name_key(text)
    assert name_key(key) == key
    assert len(key) <= LONGEST_KEY
    key.encode()
    try:
        name = clean_name(text)
    except Refusal:
        return
    assert clean_name(name) == name
    assert name_key(name) == key
    assert key
    assert unicodedata.is_normalized("NFC", name)


@given(TEXTS, TEXTS, st.text(NOTHING, max_size=4))
def test_case_width_and_what_shows_nothing_do_not_count(one: str, other: str, nothing: str) -> None:
    key = name_key(one)
    assert name_key(one.upper()) == key
    assert name_key(unicodedata.normalize("NFKC", one)) == key
    assert name_key(" " + one + "\u3000") == key
    if one.isascii() and other.isascii():
        assert name_key(one + nothing + other) == name_key(one + other)


@pytest.mark.parametrize(
    "every",
    [pytest.param(13, marks=pytest.mark.partial), pytest.param(1, marks=pytest.mark.exhaustive)],
)
def test_every_visible_character_has_a_key_and_every_other_is_blank(every: int) -> None:
    """Each `every`th character is tried."""
    for number in range(0, sys.maxunicode + 1, every):
        character = chr(number)
        if has_visible_character(character):
            assert name_key(character), hex(number)
            assert blank_if_invisible(character) == character
        else:
            assert blank_if_invisible(character) == ""
