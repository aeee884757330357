"""Snippets are put into a text, and a problem is placed in the text as it was written."""

from __future__ import annotations

import pytest

from foundation.names import name_key
from texts.checks import TextProblem
from texts.rendering import compile_text
from texts.snippets import put_in, spelled_snippet, uses_in

SNIPPETS = {
    "greeting": "Dear {{ name }}",
    "two words": "2",
    "签名": "—— 小红",
    "a": "{{ snippets.b }}",
}
SNIPPETS |= {"a": "{{ snippets.b }}", "b": "{{ snippets.a }}"}
SNIPPETS |= {"outer": "[{{ snippets.greeting }}]", "bad": "\n{{ x | no }}"}


def read(keys: set[str]) -> dict[str, str]:
    by_key = {name_key(name): text for name, text in SNIPPETS.items()}
    return {key: by_key[key] for key in keys if key in by_key}


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("{{ snippets.greeting }}!", "Dear {{ name }}!"),
        ("{{snippets.GREETING}}", "Dear {{ name }}"),
        ('{{ snippets["two words"] }}', "2"),
        ("{{ snippets['Two  Words'] }}", "2"),
        ("a {{- snippets.签名 -}} b", "a—— 小红b"),
        ("{{ snippets.outer }}", "[Dear {{ name }}]"),
        ("snippets {{ name }}", "snippets {{ name }}"),
    ],
)
def test_a_snippet_takes_the_place_of_its_tag(text: str, whole: str) -> None:
    assert put_in(text, read=read).text == whole


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("x\n {{ snippets.nobody }}", "unknown_snippet", 2, 2),
        ("{{ snippets.a }}", "snippet_circle", 1, 1),
    ],
)
def test_what_cannot_be_put_in_is_refused_with_its_place(
    text: str, code: str, line: int, column: int
) -> None:
    with pytest.raises(TextProblem) as refused:
        put_in(text, read=read)
    assert (refused.value.code, refused.value.line, refused.value.column) == (code, line, column)


def test_a_problem_behind_a_snippet_keeps_its_place_in_the_source() -> None:
    whole = put_in("{{ snippets.outer }}\nb {{ name | nofilter }}", read=read)
    with pytest.raises(TextProblem) as refused:
        compile_text(whole.text)
    placed = whole.problem_in_source(refused.value)
    # The place is that of the filter's name.
    assert (placed.line, placed.column) == (2, 13)


def test_a_problem_inside_a_snippet_is_placed_at_its_tag_and_names_it() -> None:
    whole = put_in("a\n{{ snippets.bad }}", read=read)
    with pytest.raises(TextProblem) as refused:
        compile_text(whole.text)
    placed = whole.problem_in_source(refused.value)
    assert (placed.line, placed.column) == (2, 1)
    assert "in the snippet “bad”" in placed.sentence


def test_snippets_that_double_each_other_stay_bounded() -> None:
    many = {name_key(f"s{n}"): f"{{{{ snippets.s{n + 1} }}}}" * 100 for n in range(9)}
    many[name_key("s9")] = "x" * 100
    with pytest.raises(TextProblem) as refused:
        put_in("{{ snippets.s0 }}", read=lambda keys: {k: many[k] for k in keys if k in many})
    assert refused.value.code == "too_long"


@pytest.mark.parametrize("name", ["a", "签名", "two words", "it's", 'a "b"', "1"])
def test_the_spelling_of_a_name_is_read_back(name: str) -> None:
    (use,) = uses_in(spelled_snippet(name))
    assert use.name == name
