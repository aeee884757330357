"""Texts put together without Liquid are what Liquid makes of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from texts.bounds import LONGEST_NAME, MOST_BITS, MOST_CHARACTERS
from texts.faults import Unsendable
from texts.plain_pieces import joined
from texts.read_text import read_text
from texts.rendering import TextProblem, compile_text

NAMES = ("name", "空", "now", "size", "first")
_paths = st.one_of(
    st.sampled_from(NAMES),
    st.builds("{}.{}".format, st.sampled_from(NAMES), st.sampled_from(NAMES)),
    st.builds("{}['{}'].{}".format, *(st.sampled_from(NAMES) for _ in range(3))),
)
_literals = st.text("ab 你{%|\n\\", max_size=6)
_quoted = st.text("ab 你|}", max_size=6)
_variables = st.one_of(
    st.builds("{{{{ {} }}}}".format, _paths),
    st.builds("{{{{- {} | default: '{}' -}}}}".format, _paths, _quoted),
)
_sources = st.lists(st.one_of(_variables, _literals, _variables), min_size=1, max_size=4).map(
    "".join
)
_plain = st.one_of(
    st.text(max_size=8),
    st.sampled_from(["", " ", "\u200b", "x" * LONGEST_NAME, "x" * (LONGEST_NAME + 1)]),
    st.builds(read_text, st.text(max_size=8), st.sampled_from([True, False, 3, "2026-11-28"])),
    st.integers(),
    st.sampled_from([0, 2**MOST_BITS - 1, 2**MOST_BITS, True, False, None, 1.5, 0.0]),
)
_values = st.recursive(
    _plain,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
    ),
    max_leaves=6,
)
_contexts = st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, _values))


@hypothesis_settings(max_examples=500)
@given(_sources, _contexts)
def test_what_is_joined_is_what_liquid_renders(source: str, context: dict[str, Any]) -> None:
    try:
        compiled = compile_text(source)
    except TextProblem:
        return  # it is refused when it is saved
    text = None if compiled.pieces is None else joined(compiled.pieces, context)
    if text is not None:
        assert text == compiled.template.render(context)


@pytest.mark.parametrize(
    "source", ["{{ a }}", "{{ a | default: '-' }}", "{{ a.b }}", "{{ a.size }}"]
)
@pytest.mark.parametrize(
    "value",
    [
        *("", " ", "x", "x" * LONGEST_NAME, "x" * (LONGEST_NAME + 1), "\u200b", True, False, None),
        *(0, -1, 2**MOST_BITS - 1, 0.0, 1.5, [], ["x"], {}, {"b": "x"}, {"b": False}, {"size": ""}),
        *(read_text("no", False), read_text("", False), read_text("3.0", 3), {"b": {"b": 1}}),
    ],
)
def test_each_kind_of_value_is_shown_as_liquid_shows_it(source: str, value: Any) -> None:
    compiled = compile_text(source)
    assert compiled.pieces is not None
    text = joined(compiled.pieces, {"a": value})
    assert text is None or text == compiled.template.render({"a": value})


def test_a_number_that_liquid_refuses_is_refused() -> None:
    with pytest.raises(Unsendable):
        compile_text("{{ a }}").render({"a": 2**MOST_BITS})


@pytest.mark.parametrize(
    "source",
    [
        "{{ name | upcase }}", "{{ name | default: city }}", "{{ 'x' }}", "{{ points | plus: 1 }}",
        "{{ name | default: 'x', allow_false: true }}", "{% if name %}x{% endif %}",
        "{{ name | default: 'x' | upcase }}", "{{ attributes[name] }}",
        "{% assign name = 'x' %}{{ name }}", "{{ items[0] }}",
    ],
)  # fmt: skip
def test_what_needs_the_language_has_no_pieces(source: str) -> None:
    assert compile_text(source).pieces is None


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("您好 {{ name | default: '朋友' }}，{{ city }}！", "您好 朋友，昆明！"),
        ("{{ account.name }} {{ account.uin }}{{ attributes.city }}", " 10001昆明"),
        ("{{ missing }}{{ attributes.missing | default: 'none' }}{{ account['x'].y }}", "none"),
        ("{{ is_member }} {{ nothing | default: '-' }}", "yes -"),
    ],
)
def test_plain_texts_are_joined(source: str, expected: str) -> None:
    attributes = {"city": "昆明", "is_member": read_text("yes", True), "nothing": None}
    account = {"uin": 10001, "name": ""}
    context = {**attributes, "attributes": attributes, "name": "", "account": account}
    compiled = compile_text(source)
    assert compiled.pieces is not None
    assert joined(compiled.pieces, context) == expected
    assert compiled.render(context) == expected


def test_a_joined_text_that_is_too_long_is_refused_as_liquid_refuses_it() -> None:
    compiled = compile_text("{{ a }}" * 5)
    with pytest.raises(Unsendable, match="5000"):
        compiled.render({"a": "x" * LONGEST_NAME})
    with pytest.raises(Unsendable, match="far longer"):
        compile_text("{{ a }}" * 20).render({"a": "x" * LONGEST_NAME})


def test_a_value_that_a_filter_refuses_is_refused(settings: Any) -> None:
    settings.LONGEST_TEXT = 2 * MOST_CHARACTERS
    with pytest.raises(Unsendable):
        compile_text("{{ a | default: 'x' }}").render({"a": "x" * (MOST_CHARACTERS + 1)})
