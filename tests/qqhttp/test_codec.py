"""The codec: encoding and parsing are inverse, and any bytes can be parsed."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qqhttp import CltMsg, MalformedReply, encode, parse
from qqhttp.codec import unescape_text

KEYS = st.from_regex(r"[A-Z][A-Z0-9_]{0,8}", fullmatch=True)
TEXTS = st.text()  # without surrogates, which are not characters
AWKWARD = "你好 100% & more = fine + hi\r\n😀 %2c %252c %41 , , =&+\t\x00"


@given(st.dictionaries(KEYS, TEXTS, min_size=1))
@example({"MG": AWKWARD})
@example({"MG": "", "MV": ""})
def test_parse_returns_what_was_encoded(fields: dict[str, str]) -> None:
    assert dict(parse(encode(fields))) == fields
    assert list(parse(encode(list(fields.items())))) == list(fields)


@given(TEXTS)
@example(AWKWARD)
def test_a_body_is_ascii_and_values_have_no_separators(text: str) -> None:
    body = encode({"MG": text})

    assert body.isascii()
    assert body.count(b"=") == 1
    assert not set(body) & set(b"&+ ,\r\n")


@given(TEXTS, st.booleans())
@example(AWKWARD, True)
@example("hhh %68", True)
def test_escape_h_does_not_change_the_decoded_text(text: str, escape_h: bool) -> None:
    message = CltMsg(seq=1, uin=2, un=3, mg=text, escape_h=escape_h)

    assert parse(message.encode())["MG"] == text


@given(st.lists(st.text(), min_size=1))
@example(["a,b", "c", ""])
def test_list_items_keep_their_commas(items: list[str]) -> None:
    # As a gateway encodes a list: commas inside an item escaped twice, a comma after each item.
    encoded = "".join(
        encode({"X": item})[2:].decode().replace("%2C", "%252c") + "," for item in items
    )
    # A literal %2c in an item reads as a comma: both have the same encoding.
    expected = tuple(item.replace("%2c", ",").replace("%2C", ",") for item in items)

    assert parse(b"MG=" + encoded.encode()).items_of("MG") == expected


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
def test_any_bytes_raise_only_malformed_reply(body: bytes) -> None:
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


def test_fields_keep_order_and_unknown_keys_with_keys_in_capitals() -> None:
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


def test_a_byte_order_mark_and_line_ends_around_a_body_are_ignored() -> None:
    assert dict(parse(b"\xef\xbb\xbfRES=0&NK=me\r\n\r\n")) == {"RES": "0", "NK": "me"}


@pytest.mark.parametrize(
    ("encoded", "items"),
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
def test_lists_are_split_before_they_are_unescaped(encoded: str, items: tuple[str, ...]) -> None:
    assert parse(f"X={encoded}".encode()).items_of("X") == items


@pytest.mark.parametrize(
    ("encoded", "text"),
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
def test_a_text_is_unescaped_once_and_its_commas_twice(encoded: str, text: str) -> None:
    assert unescape_text(encoded) == text


@pytest.mark.parametrize("text", ["\ud800", "ok \udfff"])
def test_half_of_a_surrogate_pair_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="MG has a broken character") as refused:
        encode({"MG": text})
    assert refused.value.__context__ is None, "the encoding error contains the whole text"


@pytest.mark.parametrize("key", ["", "A=B", "A&B", "A B", "数"])
def test_a_malformed_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="field's name"):
        encode({key: "x"})


def test_integers_are_encoded_as_digits() -> None:
    assert encode({"SEQ": 7, "UIN": 10000}) == b"SEQ=7&UIN=10000"
