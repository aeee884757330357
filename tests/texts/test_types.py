"""Texts compare attributes by their type, and print what people wrote."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sending.text_context import context_for
from texts.faults import Unsendable
from texts.rendering import compile_text

PERSON: Any = SimpleNamespace(
    uin=123456,
    name="李雷",
    attributes={
        "rate": "80%",
        "sum": "1,200",
        "day": "2026年3月1日",
        "vip": "否",
        "plain": "0.8",
        "word": "abc",
        "nan": "nan",
        "odd": "abc",
        "other": "1.200,00",
    },
    readings={"rate": 0.8, "sum": 1200, "day": "2026-03-01", "vip": False, "other": 1200},
)


def rendered(text: str) -> str:
    return compile_text(text).render(context_for(contact=PERSON, account=None))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ rate }} {{ sum }} {{ day }} {{ vip }}", "80% 1,200 2026年3月1日 否"),
        ("{% if rate > 0.5 %}a{% endif %}{% if rate < 0.9 %}b{% endif %}", "ab"),
        ("{% if plain > 0.5 %}a{% endif %}{% if 0.5 < plain %}b{% endif %}", "ab"),
        ("{% if plain == 0.8 %}a{% endif %}{% if plain != 0.8 %}b{% else %}c{% endif %}", "ac"),
        ("{% if sum >= 1200 %}a{% endif %}{% if sum <= 1200 %}b{% endif %}", "ab"),
        ("{% if sum == 1200 %}a{% endif %}{% if sum == '1,200' %}b{% endif %}", "ab"),
        ("{% if sum == other %}a{% endif %}", "a"),
        ("{% if sum > '999' %}a{% endif %}", "a"),
        ("{% if vip %}a{% else %}b{% endif %}", "b"),
        ("{% if vip == false %}a{% endif %}{% if vip == '否' %}b{% endif %}", "ab"),
        ("{% if day > '2026-02-28' %}a{% endif %}{% if day == '2026-03-01' %}b{% endif %}", "ab"),
        ("{{ day | date: '%d.%m.%Y' }}", "01.03.2026"),
        ("{{ sum | plus: 1 }}", "1201"),
        ("{{ rate | times: 100 }}", "80.0"),
        ("{{ 100 | times: rate }}", "80.0"),
        ("{{ sum | append: '!' }}{{ sum | size }}", "1,200!5"),
        ("{{ vip | default: 'x' }}", "否"),
        ("{% case sum %}{% when 1200 %}a{% when 'b' %}b{% endcase %}", "a"),
        ("{% assign s = sum %}{% if s > 1000 %}a{% endif %}", "a"),
        ("{% if none > 1 %}a{% else %}b{% endif %}", "b"),
        ("{% if word == 1 %}a{% else %}b{% endif %}", "b"),
        ("{{ attributes['sum'] | plus: 1 }}", "1201"),
    ],
)
def test_values_are_compared_by_type_and_printed_as_written(text: str, expected: str) -> None:
    assert rendered(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "{% if word > 1 %}a{% endif %}",
        "{% if word >= 1 %}a{% endif %}",
        "{% if nan > 0 %}a{% endif %}",
        "{{ word | plus: 1 }}",
        "{{ nan | plus: 1 }}",
        "{{ 'inf' | plus: 1 }}",
        "{{ '1e99' | times: '1e99' | times: '1e99' | times: '1e99' }}",
    ],
)
def test_what_is_no_number_is_never_0_without_a_word(text: str) -> None:
    with pytest.raises(Unsendable) as unsendable:
        rendered(text)
    assert unsendable.value.reason == "render_error"


OPERATORS = st.sampled_from(["==", "!=", "<", ">", "<=", ">="])


@given(st.integers(-(10**6), 10**6), OPERATORS, st.integers(-(10**6), 10**6))
def test_a_number_in_a_text_compares_as_the_number(one: int, operator: str, other: int) -> None:
    text = f"{{% if x {operator} {other} %}}yes{{% else %}}no{{% endif %}}"
    compiled = compile_text(text)
    assert compiled.render({"x": str(one)}) == compiled.render({"x": one})
