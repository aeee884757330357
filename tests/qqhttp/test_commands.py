"""Requests: validation, secrets in the repr, and the check of the reply."""

from __future__ import annotations

from typing import Any

import pytest

from qqhttp import (
    LC,
    AckAddToList,
    ChangeStat,
    CltMsg,
    Finger,
    List,
    Login,
    MalformedReply,
    QueryStat,
    Status,
    Verdict,
    parse,
    password_digest,
)
from tests.qqhttp.reference_cases import REQUESTS

ME: dict[str, Any] = {"seq": 7, "uin": 29501213}


@pytest.mark.parametrize(
    ("password", "digest"),
    [
        ("", "d41d8cd98f00b204e9800998ecf8427e"),
        ("password", "5f4dcc3b5aa765d61d8327deb882cf99"),
        ("密码", "a8105204604a0b11e916f3879aae3b0b"),
    ],
)
def test_ps_is_the_lowercase_md5_of_the_utf8_password(password: str, digest: str) -> None:
    assert password_digest(password) == digest


def test_lc_is_the_constant_of_the_reference() -> None:
    assert LC == "9326B87B234E7235"


@pytest.mark.parametrize(
    ("request_class", "fields", "sentence"),
    [
        (QueryStat, {"tn": 0}, "answered twice"),
        (ChangeStat, {"st": 0}, "ST is 10"),
        (ChangeStat, {"st": 50}, "ST is 10"),
        (AckAddToList, {"un": 1, "cd": 3, "rs": ""}, "cost a penalty"),
        (Login, {"ps": ""}, "PS is empty"),
        (List, {"seq": -1}, "SEQ cannot be negative"),
        (List, {"uin": 0}, "UIN must be positive"),
    ],
)
def test_a_request_that_gets_null_or_a_penalty_is_refused(
    request_class: Any, fields: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        request_class(**{**ME, **fields})


def test_enumerations_are_encoded_as_numbers() -> None:
    assert ChangeStat(**ME, st=Status.INVISIBLE).encode().endswith(b"&ST=40")
    assert b"&CD=2&" in AckAddToList(**ME, un=1, cd=Verdict.ASK, rs="").encode()


def test_query_stat_always_sends_tn() -> None:
    assert b"&TN=50" in QueryStat(**ME).encode()


@pytest.mark.parametrize(
    "request_",
    [
        Login(**ME, ps=password_digest("hush")),
        CltMsg(**ME, un=1, mg="hush"),
        AckAddToList(**ME, un=1, cd=2, rs="hush"),
    ],
    ids=lambda request_: request_.command,
)
def test_secrets_are_not_in_the_repr(request_: Any) -> None:
    shown = f"{request_!r} {request_} {request_.read(parse(_answer(request_)))!r}"
    assert "hush" not in shown
    assert password_digest("hush") not in shown
    assert f"uin={ME['uin']}" in shown


def test_message_text_is_not_in_the_repr_of_the_inbox() -> None:
    request = REQUESTS["get messages"][0]
    reply = request.read(parse(_answer(request, "&MN=1&MT=9,&UN=106814,&MG=hush,")))
    assert "hush" not in repr(reply)
    assert "sender=106814" in repr(reply)


def test_the_repr_of_fields_has_only_their_names() -> None:
    assert repr(parse(b"RES=0&PS=hush")) == "Fields(RES, PS)"


def test_escape_h_changes_the_encoding_but_not_the_fields() -> None:
    plain = CltMsg(**ME, un=1, mg="hHh 你 %68")
    escaped = CltMsg(**ME, un=1, mg="hHh 你 %68", escape_h=True)

    assert plain.encode().endswith(b"&MG=hHh%20%E4%BD%A0%20%2568")
    assert escaped.encode().endswith(b"&MG=%68H%68%20%E4%BD%A0%20%2568")
    assert dict(parse(plain.encode())) == dict(parse(escaped.encode()))


@pytest.mark.parametrize(
    "name", [name for name in REQUESTS if name not in ("query stat", "finger")]
)
@pytest.mark.parametrize(
    "head",
    [
        "CMD=Nonsense&SEQ=7&UIN=29501213",
        "CMD={}&SEQ=8&UIN=29501213",
        "CMD={}&SEQ=-1&UIN=29501213",
        "CMD={}&SEQ=7&UIN=2",
        "CMD={}&SEQ=&UIN=29501213",
        "CMD={}&UIN=29501213",
        "CMD={}&SEQ=7",
        "SEQ=7&UIN=29501213",
    ],
)
def test_a_reply_to_another_request_is_malformed(name: str, head: str) -> None:
    request, _ = REQUESTS[name]
    body = head.format(request.command) + "&RES=0&RS=0"
    with pytest.raises(MalformedReply):
        request.read(parse(body.encode()))


@pytest.mark.parametrize("spelling", [str.upper, str.lower, str])
@pytest.mark.parametrize("name", REQUESTS)
def test_cmd_of_a_reply_is_case_insensitive(name: str, spelling: Any) -> None:
    request, _ = REQUESTS[name]
    body = _answer(request).replace(request.command.encode(), spelling(request.command).encode())
    assert request.read(parse(body)).res == 0


@pytest.mark.parametrize("seq", ["7", "-1"])
def test_query_stat_and_finger_accept_seq_minus_one(seq: str) -> None:
    body = f"CMD=QUERY_STAT&SEQ={seq}&UIN=29501213&RES=0&UN=1,".encode()
    for request in (QueryStat(**ME), Finger(**ME, ag=1, sx=0, pv="")):
        assert request.read(parse(body)).presences[0].uin == 1


def _answer(request: Any, more: str = "") -> bytes:
    head = f"VER=1.1&CMD={request.command}&SEQ={request.seq}&UIN={request.uin}"
    return f"{head}&RES=0&RS=0{more}".encode()
