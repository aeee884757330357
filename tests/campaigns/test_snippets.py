"""Snippets: used by texts, put in when a run is made, and not lost while a text uses them."""

from __future__ import annotations

import pytest

from campaigns.models import Snippet
from campaigns.run_control.lifecycle import start_campaign
from campaigns.writing.snippets import save_snippet, users_of
from campaigns.writing.templates import create_template
from foundation.deletion import delete_row
from foundation.refusals import Refusal
from tests.campaigns.factories import make_account, make_campaign, make_list
from tests.commandline import manage

pytestmark = pytest.mark.django_db


def make(name: str, text: str) -> Snippet:
    snippet = Snippet(name=name, text=text)
    save_snippet(snippet=snippet)
    return snippet


def test_a_run_has_the_text_with_its_snippets_put_in() -> None:
    make_account(friends=[100_001])
    make("签名", "—— {{ account.name }}")
    signature = make("two words", "{{ snippets.签名 }}")
    template = create_template(name="t", texts={"": 'Hi {{ snippets["two words"] }}'})
    campaign = make_campaign(lists=[make_list("l", [100_001])], text="", template=template)
    run = start_campaign(campaign=campaign)
    assert run.text == "Hi —— {{ account.name }}"
    signature.text = "changed"
    save_snippet(snippet=signature)
    run.refresh_from_db()
    assert run.text == "Hi —— {{ account.name }}"


def test_a_circle_is_refused_at_either_end() -> None:
    first = make("a", "x")
    make("b", "{{ snippets.a }}")
    first.text = "{{ snippets.b }}"
    for snippet in (first, Snippet(name="c", text="{{ snippets.c }}")):
        with pytest.raises(Refusal) as refused:
            save_snippet(snippet=snippet)
        assert refused.value.code == "snippet_circle"
    assert Snippet.objects.get(name="a").text == "x"


def test_a_snippet_in_use_is_neither_deleted_nor_renamed() -> None:
    snippet = make("a", "x")
    template = create_template(name="t", texts={"": "y", "en": "{{ snippets.A }}"})
    campaign = make_campaign("c", text="{{ snippets['a'] }}")
    other = make("b", "{{ snippets.a }}")
    assert users_of(snippet) == [template, campaign, other]
    with pytest.raises(Refusal) as refused:
        delete_row(row=snippet)
    assert refused.value.code == "in_use"
    for name in ("“t”", "“c”", "“b”"):
        assert name in refused.value.sentence
    snippet.name = "another"
    with pytest.raises(Refusal) as refused:
        save_snippet(snippet=snippet)
    assert refused.value.code == "snippet_in_use"
    assert delete_row(row=other).losing


def test_a_change_that_would_break_a_text_is_refused_and_names_it() -> None:
    snippet = make("a", "x")
    create_template(name="long", texts={"": "y" * 3_000 + "{{ snippets.a }}"})
    snippet.text = "z" * 2_000
    with pytest.raises(Refusal) as refused:
        save_snippet(snippet=snippet)
    assert refused.value.code == "snippet_breaks"
    assert "“long”" in refused.value.sentence


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["create", "A", "--text", "x"], "name_taken"),
        (["create", "b", "--text", "{{ nmae }}"], "unknown_variable"),
        (["create", "\"'", "--text", "x"], "snippet_name"),
        (["show", "nobody"], "snippet_unknown"),
        (["edit", "a", "--text", "{{ snippets.a }}"], "snippet_circle"),
    ],
)
def test_the_command_refuses_with_a_sentence(arguments: list[str], code: str) -> None:
    make("a", "x")
    result = manage("snippet", *arguments, "--json")
    assert (result.status, result.json["error"]) == (1, code)


def test_the_command_does_it_all() -> None:
    made = manage("snippet", "create", "two words", "--text", "--hi 100%", "--json").json
    assert made["tag"] == '{{ snippets["two words"] }}'
    create_template(name="t", texts={"": made["tag"]})
    assert manage("snippet", "show", "Two Words", "--json").json["used_by"] == ["t"]
    edited = manage("snippet", "edit", "two words", "--text", "new")
    assert "“t”" in edited.out
    assert manage("snippet", "list", "--json").json["items"][0]["text"] == "new"
    assert manage("snippet", "delete", "two words", "--json").json["error"] == "in_use"
    assert manage("snippet", "archive", "two words", "--json").json["archived_at"]
    assert manage("template", "preview", "t", "--json").json["text"] == "new"
