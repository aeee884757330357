"""Which replies are taken for a word, and which words can be on the list."""

from __future__ import annotations

import pytest

from foundation.refusals import Refusal
from texts.replies import ReplyWords, clean_word

WORDS = ReplyWords(
    [
        ("TD", True, "td"),
        ("T", False, "t"),
        ("退订", True, "退订"),
        ("取消", False, "取消"),
        ("取消订阅", True, "取消订阅"),
        ("stop", False, "stop"),
        ("opt out", False, "opt out"),
    ]
)


@pytest.mark.parametrize(
    ("reply", "word"),
    [
        ("TD", "td"),
        (" td \r\n", "td"),
        ("ＴＤ", "td"),
        ("“TD”", "td"),
        ("T\u200bD.", "td"),
        ("td！！！", "td"),
        ("TD 谢谢", "td"),
        ("td, please", "td"),
        ("t", "t"),
        ("【T】", "t"),
        ("退订", "退订"),
        ("退订。", "退订"),
        ("退订谢谢", "退订"),
        ("退订吧！", "退订"),
        ("退订，你们的消息太多了", "退订"),
        ("取消", "取消"),
        ("取消订阅 谢谢您", "取消订阅"),
        ("Stop!", "stop"),
        ("OPT   OUT", "opt out"),
        ("退订 " * 2_000, "退订"),
    ],
)
def test_a_reply_that_is_a_word_or_begins_with_it(reply: str, word: str) -> None:
    assert WORDS.found_in(reply) == word


@pytest.mark.parametrize(
    "reply",
    [
        "",
        " ",
        "...",
        "tdd",
        "T恤",
        "T shirt",
        "T_T",
        ":T",
        "TD-LTE",
        "td线",
        "退订？",
        "退订?",
        "退订吗",
        "退订 怎么弄",
        "退订成功的条件是合同到期",
        "取消订单",
        "取消 订单",
        "我要退订",
        "请问怎么退订",
        "stop by tomorrow",
        "non-stop",
        "optout",
        "s t o p",
    ],
)
def test_a_word_inside_a_sentence_is_not_found(reply: str) -> None:
    assert WORDS.found_in(reply) is None


def test_the_longer_word_is_found() -> None:
    words = ReplyWords(
        [("退订", True, "out"), ("退订 撤回", False, "in"), ("退订 全部", True, "all")]
    )
    assert words.found_in("退订 撤回") == "in"
    assert words.found_in("退订 全部 谢谢") == "all"
    assert words.found_in("退订 其它") == "out"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "word_missing"),
        (" ！。", "word_missing"),
        ("退\ud83d", "word_malformed"),
        ("x" * 51, "word_too_long"),
        ("退订？", "word_question"),
    ],
)
def test_what_cannot_be_a_word(text: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        clean_word(text)
    assert refused.value.code == code


def test_a_word_is_stored_on_one_line() -> None:
    assert clean_word("  opt\r\n out ") == "opt out"
