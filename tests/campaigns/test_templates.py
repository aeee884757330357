"""Templates: texts by language, checks at saving, versions and their restoring."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import MessageTemplate
from campaigns.run_control.lifecycle import start_campaign
from campaigns.writing.preview import preview_text
from campaigns.writing.templates import change_text, create_template
from campaigns.writing.versions import current_version, restore_version, version_differences
from foundation.refusals import Refusal
from sending.forbidden_words import add_words, has_word_to_approve
from tests.campaigns.factories import make_account, make_campaign, make_list
from tests.commandline import manage
from texts.checks import TextProblem

pytestmark = pytest.mark.django_db


def test_a_template_has_texts_by_language() -> None:
    template = create_template(name="t", texts={"": "hi", "zh_Hans": "你好", "EN": "hello"})
    assert template.texts_by_language() == {"": "hi", "en": "hello", "zh-hans": "你好"}
    assert template.language_attribute == "language"


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        ({"": ""}, "empty_text"),
        ({"en": "x"}, "empty_text"),
        ({"": "{{ nmae }}"}, "unknown_variable"),
        ({"": "x", "en": "{{ name | upcas }}"}, "unknown_filter"),
        ({"": "{% for i in (1..100000000) %}{{ i }}{% endfor %}"}, "text_too_costly"),
        ({"": "x" * 4_001}, "too_long"),
        ({"": "{{ snippets.none }}"}, "unknown_snippet"),
        ({"": "{{ snippets.none | upcase }}"}, "snippet_use"),
        ({"": "x", "not a tag": "y"}, "language_malformed"),
        ({"": "x", "en": "y", "EN": "z"}, "language_twice"),
        ({"": "we sell b a n k"}, "forbidden_word"),
    ],
)
def test_what_could_not_be_sent_is_not_saved(texts: dict[str, str], code: str) -> None:
    add_words(words=["bank"])
    with pytest.raises(Refusal) as refused:
        create_template(name="t", texts=texts)
    assert refused.value.code == code
    assert not MessageTemplate.objects.exists()


def test_a_forbidden_word_is_named_with_its_place() -> None:
    add_words(words=["发票"])
    with pytest.raises(Refusal) as refused:
        create_template(name="t", texts={"": "{{ name }}\n您的发 票"})
    assert "“发票”" in refused.value.sentence
    assert (refused.value.details["line"], refused.value.details["column"]) == (2, 3)


def test_words_that_need_an_approval_do_not_refuse(django_assert_num_queries: Any) -> None:
    add_words(words=["cheap"], action="approve")
    add_words(words=["free"], action="approve")
    create_template(name="t", texts={"": "c h e a p"})
    assert has_word_to_approve(["", "very CHEAP, {{ free }}"])
    with django_assert_num_queries(1):  # the list is read once for all texts
        assert not has_word_to_approve(["", "{{ cheap }}", "paid"])


def test_each_change_of_a_text_makes_a_version_and_nothing_else_does() -> None:
    template = create_template(name="t", texts={"": "one"})
    change_text(template=template, text="two")
    assert change_text(template=template, text="two").number == 2
    assert change_text(template=template, text="zwei", language="de").number == 3
    template.refresh_from_db()
    template.name = "other"
    template.save()
    assert current_version(template=template).number == 3


def test_a_restored_version_is_a_new_one() -> None:
    template = create_template(name="t", texts={"": "one", "de": "eins"})
    change_text(template=template, text="two")
    made = restore_version(template=template, number=1)
    template.refresh_from_db()
    assert (made.number, made.restored_from) == (3, 1)
    assert template.texts_by_language() == {"": "one", "de": "eins"}
    with pytest.raises(Refusal) as refused:
        restore_version(template=template, number=1)
    assert refused.value.code == "version_current"


def test_the_differences_are_told_line_by_line() -> None:
    template = create_template(name="t", texts={"": "a\nb\nc"})
    first = current_version(template=template)
    second = change_text(template=template, text="a\nx\nc")
    ((tag, lines),) = version_differences(second, first)
    assert tag == ""
    assert [f"{line.mark}{line.text}" for line in lines] == [" a", "-b", "+x", " c"]


def test_a_run_names_the_version_that_it_sends() -> None:
    make_account(friends=[100_001])
    template = MessageTemplate.objects.create(name="t", text="hi")
    campaign = make_campaign(lists=[make_list("l", [100_001])], text="", template=template)
    run = start_campaign(campaign=campaign)
    MessageTemplate.objects.update(text="changed, by whatever way")
    assert run.text == "hi"
    assert run.template_version is not None
    assert run.template_version.texts == {"": "hi"}
    assert run.template_version_number == 1
    assert current_version(template=template).number == 2


def test_a_run_sends_the_texts_of_its_version_although_the_campaign_was_read_before() -> None:
    make_account(friends=[100_001])
    template = create_template(name="t", texts={"": "hi"})
    campaign = make_campaign(lists=[make_list("l", [100_001])], text="", template=template)
    assert campaign.message == "hi"
    change_text(template=template, text="hello")
    run = start_campaign(campaign=campaign)
    assert (run.text, run.template_version_number) == ("hello", 2)


def _done(*arguments: object) -> Any:
    result = manage("template", *arguments, "--json")
    assert result.status == 0, result
    return result.json


def test_the_command_does_it_all(tmp_path: Any) -> None:
    make_account(friends=[100_001])
    make_list("l", [100_001], city="Bern")
    file = tmp_path / "text.txt"
    file.write_text("\ufeff-- {{ name }} from {{ city }}\n", encoding="utf-8")
    assert _done("create", "t", "--file", file)["version"] == 1
    made = _done("create", "t", "--text", "-- 你好 {{ nickname }}", "--language", "zh_hans")
    assert (made["version"], made["languages"]) == (2, ["zh-hans"])
    assert _done("list")["items"][0]["languages"] == ["zh-hans"]
    assert _done("show", "t")["texts"][""] == "-- {{ name }} from {{ city }}"
    assert _done("preview", "t", "--uin", 100_001)["text"] == "-- 人100001 from Bern"
    seen = _done("preview", "t", "--uin", 100_001, "--account", 20_001, "--language", "zh-hans")
    assert (seen["text"], seen["characters"], seen["bytes"]) == ("-- 你好 friend 100001", 19, 23)
    assert _done("edit", "t", "--text", "new")["version"] == 3
    versions = _done("versions", "t")
    assert versions["items"][0]["differences"][""] == ["--- {{ name }} from {{ city }}", "+new"]
    assert _done("versions", "t", "--restore", 2)["version"] == 4
    assert _done("archive", "t")["archived_at"]
    assert manage("template", "preview", "t").status == 1
    assert _done("restore", "t")["archived_at"] is None
    assert _done("delete", "t")["deleted"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["create", "t", "--text", "x"], "name_taken"),
        (["create", "new", "--text", "{{ nmae }}"], "unknown_variable"),
        (["create", "new", "--text", "x", "--language", "1"], "language_malformed"),
        (["create", "t", "--text", "x", "--language", "en"], "language_taken"),
        (["create", "new", "--file", "/nowhere/at/all"], "no_such_file"),
        (["show", "nobody"], "template_unknown"),
        (["preview", "t", "--uin", "99999999999"], "contact_unknown"),
        (["preview", "t", "--account", "77777"], "account_unknown"),
        (["preview", "t", "--language", "fr"], "language_unknown"),
        (["versions", "t", "--restore", "99999999999999999999"], "version_unknown"),
        (["versions", "t", "--restore", "-1"], "version_unknown"),
    ],
)
def test_the_command_refuses_with_a_sentence(arguments: list[str], code: str) -> None:
    create_template(name="t", texts={"": "x", "en": "y"})
    result = manage("template", *arguments, "--json")
    assert (result.status, result.json["error"]) == (1, code)


def test_a_preview_shows_that_a_text_cannot_be_sent() -> None:
    """A NUL can be neither stored nor sent; the preview must not call such a text good."""
    found = preview_text(text='a{{ "%00" | url_decode }}b', person=None)
    assert found.code == "render_error"
    assert "characters that cannot be sent" in found.problem


def test_the_forbidden_words_are_read_once_for_all_languages() -> None:
    add_words(words=["bank"])
    texts = {"": "hi", **{tag: f"hi {tag}" for tag in ("en", "fr", "de", "it")}}
    with CaptureQueriesContext(connection) as asked:
        create_template(name="t", texts=texts)
    reading = [one for one in asked if 'FROM "sending_forbiddenword"' in one["sql"]]
    assert len(reading) == 1
    with pytest.raises(TextProblem) as problem:
        create_template(name="u", texts={"": "hi", "en": "bank"})
    assert (problem.value.code, problem.value.more["language"]) == ("forbidden_word", "en")
