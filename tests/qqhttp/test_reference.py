"""Requests and replies are encoded and read exactly as in the reference."""

from __future__ import annotations

from typing import Any

import pytest

from qqhttp import BloodType, Constellation, Refusal, Request, Sex, Zodiac, parse
from tests.qqhttp.reference_cases import REPLIES, REQUESTS, Case


@pytest.mark.parametrize(("request_", "body"), REQUESTS.values(), ids=list(REQUESTS))
def test_a_request_is_encoded_as_in_the_reference(request_: Request[Any], body: str) -> None:
    assert request_.encode() == f"VER=1.1&{body}".encode()


@pytest.mark.parametrize("case", REPLIES.values(), ids=list(REPLIES))
def test_a_reply_of_the_reference_is_read(case: Case) -> None:
    reply = case.request.read(parse(case.body.encode()))

    found = {name: getattr(reply, name) for name in case.expected}
    assert found == case.expected
    if case.code is None:
        reply.raise_for_res()
        assert reply.res == 0
    else:
        with pytest.raises(Refusal) as refused:
            reply.raise_for_res()
        assert refused.value.code == case.code
        assert refused.value.definite


@pytest.mark.parametrize(
    ("labels", "printed"),
    [
        (Sex, "男 女"),
        (BloodType, " A型 B型 O型 AB型 其他"),
        (
            Constellation,
            " 水瓶座 双鱼座 牡羊座 金牛座 双子座 巨蟹座 狮子座 处女座 天秤座 天蝎座 射手座 摩羯座",
        ),
        (Zodiac, " 鼠 牛 虎 兔 龙 蛇 马 羊 猴 鸡 狗 猪"),
    ],
)
def test_chinese_labels_are_those_of_the_reference(labels: Any, printed: str) -> None:
    assert [(int(label), label.zh) for label in labels] == list(enumerate(printed.split(" ")))
