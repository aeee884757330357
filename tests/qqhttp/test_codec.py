"""The codec: what goes in comes out, and no bytes break it."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qqhttp import CltMsg, MalformedReply, encode, parse
from qqhttp.codec import unescape_text

KEYS = st.from_regex(r"[A-Z][A-Z0-9_]{0,8}", fullmatch=True)
TEXTS = st.text()  # without surrogates, which are no characters
AWKWARD = "你好 100% & more = fine + hi\r\n😀 %2c %252c %41 , , =&+\t\x00"


@given(st.dictionaries(KEYS, TEXTS, min_size=1))
@example({"MG": AWKWARD})
@example({"MG": "", "MV": ""})
def test_what_goes_in_comes_out(fields: dict[str, str]) -> None:
    assert dict(parse(encode(fields))) == fields
    assert list(parse(encode(list(fields.items())))) == list(fields)


@given(TEXTS)
@example(AWKWARD)
def test_a_body_is_ascii_without_bare_separators(text: str) -> None:
    body = encode({"MG": text})

    assert body.isascii()
    assert body.count(b"=") == 1
    assert not set(body) & set(b"&+ ,\r\n")


@given(TEXTS, st.booleans())
@example(AWKWARD, True)
@example("hhh %68", True)
def test_message_text_survives_whichever_way_h_is_spelt(text: str, spell_h: bool) -> None:
    message = CltMsg(seq=1, uin=2, un=3, mg=text, spell_h=spell_h)

    assert parse(message.encode())["MG"] == text


@given(st.lists(st.text(), min_size=1))
@example(["a,b", "c", ""])
def test_list_items_come_out_with_their_commas(items: list[str]) -> None:
    # As a gateway writes them: each comma inside an item escaped twice, a comma after each item.
    travelled = "".join(
        encode({"X": item})[2:].decode().replace("%2C", "%252c") + "," for item in items
    )
    # An item that holds a literal %2c reads as a comma: the wire spells both the same.
    expected = tuple(item.replace("%2c", ",").replace("%2C", ",") for item in items)

    assert parse(b"MG=" + travelled.encode()).items_of("MG") == expected


@given(st.binary())
@example(b"")
@example(b"\xff\xfe=\xff")
@example(b"RES=%")
@example(b"RES=%f&%%=%zz&=&==")
@example(b"RES=" + b"9" * 5000)
@example("RES=２０".encode())
@example(b"RES=1_0")
@example(b"UN=1,x,")
@example(b"\x00\x00&")
def test_no_bytes_raise_anything_but_malformed_reply(body: bytes) -> None:
    with contextlib.suppress(MalformedReply):
        fields = parse(body)
        for key in fields:
            str(fields[key])
            fields.text(key)
            fields.items_of(key)
        fields.integer("RES")
        fields.integers_of("UN")


@pytest.mark.parametrize(
    "body",
    [b"", b"\r\n", b"&&&", b"=1", b"<html>", b"NULL", b"\x00\x01\x02"],
)
def test_a_body_without_a_field_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedReply):
        parse(body)


def test_fields_keep_order_and_unknown_keys_in_capitals() -> None:
    fields = parse(b"ver=1.1&Cmd=LOGIN&COMP=x&RES=0&MV=&")

    assert list(fields.items()) == [
        ("VER", "1.1"),
        ("CMD", "LOGIN"),
        ("COMP", "x"),
        ("RES", "0"),
        ("MV", ""),
    ]
    assert fields.raw("NOPE") == ""
    assert "NOPE" not in fields


def test_a_repeated_key_cannot_replace_the_first() -> None:
    assert parse(b"RES=20&NK=me&RES=0").integer("RES") == 20


def test_extra_line_ends_around_a_body_are_not_part_of_it() -> None:
    assert dict(parse(b"\xef\xbb\xbfRES=0&NK=me\r\n\r\n")) == {"RES": "0", "NK": "me"}


@pytest.mark.parametrize(
    ("travelled", "items"),
    [
        ("", ()),
        (",", ("",)),
        ("a", ("a",)),
        ("a,", ("a",)),
        ("a,,", ("a", "")),
        (",a", ("", "a")),
        ("a%2cb,c,", ("a,b", "c")),
        ("a%252cb,c,", ("a,b", "c")),
        ("30 ,hi ,", ("30 ", "hi ")),
    ],
)
def test_lists_are_split_before_they_are_unescaped(travelled: str, items: tuple[str, ...]) -> None:
    assert parse(f"X={travelled}".encode()).items_of("X") == items


@pytest.mark.parametrize(
    ("travelled", "text"),
    [
        ("a+b", "a+b"),
        ("a%252cb%252Cc", "a,b,c"),
        ("x%0d%0ay", "x\r\ny"),
        ("100%25", "100%"),
        ("100%2520", "100%20"),
        ("100%", "100%"),
        ("%zz", "%zz"),
        ("%ff", "\ufffd"),
    ],
)
def test_texts_are_unescaped_once_and_commas_twice(travelled: str, text: str) -> None:
    assert unescape_text(travelled) == text


@pytest.mark.parametrize("text", ["\ud800", "ok \udfff"])
def test_half_a_character_is_refused_before_it_travels(text: str) -> None:
    with pytest.raises(ValueError, match="MG has a broken character") as refused:
        encode({"MG": text})
    assert refused.value.__context__ is None, "the encoding error would hold the whole text"


@pytest.mark.parametrize("key", ["", "A=B", "A&B", "A B", "数"])
def test_a_key_that_is_not_a_word_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="field's name"):
        encode({key: "x"})


def test_numbers_are_encoded_as_digits() -> None:
    assert encode({"SEQ": 7, "UIN": 10000}) == b"SEQ=7&UIN=10000"
