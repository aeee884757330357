"""Texts in Liquid: refusals with their position, rendered results, and texts sent unchanged."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sending.text_context import context_for
from texts.bounds import MOST_LOOP_ROUNDS
from texts.faults import TextFault, Unsendable
from texts.rendering import (
    LONGEST_TEXT,
    TextProblem,
    compile_text,
    refuse_unknown_variables,
    unknown_variables,
)

LI = {
    "uin": 123456,
    "name": "李雷",
    "nickname": "阿雷",
    "city": "上海",
    "订单": 7,
    "attributes": {"city": "上海", "订单": 7, "订单 号": "A-7"},
    "account": {"uin": 20001, "name": "客服"},
}


@pytest.mark.parametrize(
    "text",
    [
        "你好 100% & more = fine + hi",
        "two\r\nlines\rand\none more\n",
        "  blanks around  ",
        "emoji 😀👨‍👩‍👧 and \u200b\ufeff and \t",
        "braces { } }} %} stay",
        "h%68 %u4f60 +",
    ],
)
def test_it_leaves_a_text_without_markup_alone(text: str) -> None:
    compiled = compile_text(text)
    assert compiled.is_constant
    assert compiled.variables == frozenset()
    assert compiled.render({}) == text


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0{"), min_size=1))
def test_it_changes_no_byte_around_a_variable(around: str) -> None:
    compiled = compile_text(around + "{{ name }}" + around)
    assert compiled.render({"name": "\r\n李 雷\r"}) == around + "\r\n李 雷\r" + around


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ name }}\r\n{{ nickname }}", "李雷\r\n阿雷"),
        ("{{ uin }} by {{ account.name }} {{ account.uin }}", "123456 by 客服 20001"),
        ("{{ city }} {{ attributes.city }} {{ 订单 }}", "上海 上海 7"),
        ("{{ attributes['订单 号'] }}", "A-7"),
        ("{{ missing | default: '朋友' }}", "朋友"),
        ("{% if city == '上海' %}沪{% else %}外{% endif %}", "沪"),
        ("{% for i in (1..3) %}{{ i }}{% endfor %}", "123"),
        ("{% assign a = name | append: '!' %}{{ a }}", "李雷!"),
        ("{% raw %}{{ name }}{% endraw %}", "{{ name }}"),
        ("{{ name | replace: '李', '王' }}", "王雷"),
        ("{{ '<&>' }}", "<&>"),
        ("a{{ missing }}b", "ab"),
    ],
)
def test_it_renders(text: str, said: str) -> None:
    compiled = compile_text(text)
    assert not compiled.is_constant
    assert compiled.render(LI) == said


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("a\n {{ name", "text_syntax", 2, 2),
        ("{% if name %}x", "text_syntax", 1, 15),
        ("{{ user name }}", "text_syntax", 1, 9),
        ("\n{% include 'x' %}", "text_syntax", 2, 4),
        ("{% render 'x' %}", "text_syntax", 1, 4),
        ("{{ (1..9) | join: ',' }}", "text_syntax", 1, 4),
        ("{% assign a = (1..9) %}", "text_syntax", 1, 15),
        ("{{ name | concat: (1..9) }}", "text_syntax", 1, 19),
        ("{{ name |\nupcas }}", "unknown_filter", 2, 1),
        ("", "empty_text", 1, 1),
        (" \r\n\t", "empty_text", 1, 1),
        ("x" * (LONGEST_TEXT + 1), "too_long", 1, 1),
        ("ab\ncd\ud83d", "not_utf8", 2, 3),
        ("ab\0", "not_utf8", 1, 3),
    ],
)
def test_it_refuses_a_text_with_its_place(text: str, code: str, line: int, column: int) -> None:
    with pytest.raises(TextProblem) as refused:
        compile_text(text)
    problem = refused.value
    assert (problem.code, problem.line, problem.column) == (code, line, column)
    assert f"Line {line}, column {column}" in problem.sentence


def test_it_suggests_the_filter_that_was_meant() -> None:
    with pytest.raises(TextProblem, match="Did you mean “upcase”"):
        compile_text("{{ name | upcas }}")


def test_it_knows_every_variable_with_its_place() -> None:
    compiled = compile_text("{{ nmae }}\n {{ city }}{% assign z = vip %}{{ z }}{{ account.foo }}")
    assert compiled.variables == {"nmae", "city", "vip", "account.foo"}
    unknown = unknown_variables(compiled, attributes={"city"})
    assert [(one.name, one.line, one.column) for one in unknown] == [
        ("nmae", 1, 4),
        ("vip", 2, 26),
        ("account.foo", 2, 42),
    ]


@pytest.mark.parametrize(
    ("text", "is_known"),
    [
        ("{{ name }}{{ uin }}{{ nickname }}", True),
        ("{{ city }}{{ attributes.city }}{{ attributes['a b'] }}", True),
        ("{% for one in attributes %}{{ one }}{% endfor %}", True),
        ("{{ account.uin }}{{ account['name'] }}", True),
        ("{{ account }}", False),
        ("{{ account.credential }}", False),
        ("{{ attributes.town }}", False),
        ("{{ now }}", False),
        ("{% if town %}x{% endif %}", False),
        ("{{ name | default: town }}", False),
    ],
)
def test_it_tells_known_from_unknown(text: str, is_known: bool) -> None:
    unknown = unknown_variables(compile_text(text), attributes={"city", "a b"})
    assert (not unknown) is is_known


def test_it_names_the_variable_its_line_the_known_ones_and_the_nearest() -> None:
    compiled = compile_text("你好\n{{ nmae }}")
    with pytest.raises(TextProblem) as refused:
        refuse_unknown_variables(compiled, attributes={"city", "a b"})
    sentence = refused.value.sentence
    for words in ("Line 2", "{{ nmae }}", "Did you mean {{ name }}?", "city", 'attributes["a b"]'):
        assert words in sentence
    assert refused.value.code == "unknown_variable"
    assert refused.value.details["variable"] == "nmae"


@pytest.mark.parametrize(
    ("text", "context", "reason"),
    [
        ("{{ name }}", {"name": ""}, TextFault.EMPTY_TEXT),
        ("{{ name }}", {"name": " \n"}, TextFault.EMPTY_TEXT),
        ("{{ name }}", {}, TextFault.EMPTY_TEXT),
        ("{{ name }}", {"name": "x" * (LONGEST_TEXT + 1)}, TextFault.TOO_LONG),
        ("{{ name }}", {"name": "你" * 100_000}, TextFault.TOO_LONG),
        ("{{ 1 | divided_by: n }}", {"n": 0}, TextFault.RENDER_ERROR),
        (
            "{% for i in (1..n) %}.{% endfor %}",
            {"n": MOST_LOOP_ROUNDS * 9},
            TextFault.RENDER_TOO_COSTLY,
        ),
        (
            "{% for one in many %}{{ one }}{% endfor %}",
            {"many": [1] * 2_000},
            TextFault.RENDER_TOO_COSTLY,
        ),
        ("{{ '99999999999999999' | date: '%Y' }}", {}, TextFault.RENDER_ERROR),
    ],
)
def test_it_says_why_one_person_gets_nothing(
    text: str, context: dict[str, Any], reason: TextFault
) -> None:
    with pytest.raises(Unsendable) as unsendable:
        compile_text(text).render(context)
    assert unsendable.value.reason == reason


def test_the_longest_text_is_a_setting(settings: Any) -> None:
    settings.LONGEST_TEXT = 5
    assert compile_text("你好你好你").render({}) == "你好你好你"
    with pytest.raises(TextProblem):
        compile_text("你好你好你好")


def test_the_same_text_is_compiled_once() -> None:
    assert compile_text("hello {{ name }}") is compile_text("hello {{ name }}")


def test_an_attribute_never_stands_for_what_is_built_in() -> None:
    contact: Any = SimpleNamespace(
        uin=123456,
        name="李雷",
        attributes={"uin": "evil", "account": "evil", "name": "别名"},
        readings=None,
    )
    context = context_for(contact=contact, account=None, nickname="阿雷")
    text = "{{ uin }}/{{ name }}/{{ nickname }}/{{ attributes.name }}/{{ account.uin }}"
    assert compile_text(text).render(context) == "123456/李雷/阿雷/别名/"


def test_somebody_who_was_erased_gets_nothing() -> None:
    with pytest.raises(Unsendable) as unsendable:
        context_for(contact=None, account=None)
    assert unsendable.value.reason == TextFault.RENDER_ERROR
