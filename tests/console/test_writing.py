"""Writing texts in the console: templates by language, versions, the live preview, snippets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from campaigns.models import MessageTemplate, Snippet
from campaigns.reports.template_table import MessageTemplateResource
from campaigns.run_control.lifecycle import start_campaign
from campaigns.writing.templates import create_template
from campaigns.writing.versions import current_version
from contacts.models import Contact
from sending.forbidden_words import add_words
from sending.models import ForbiddenWord
from tabular.exports import stream_csv
from tabular.table_import.plan import ImportPlan, plan_import, write_import
from tests.campaigns.factories import make_account, make_campaign, make_list

pytestmark = pytest.mark.django_db
PREVIEW = "/campaigns/messagetemplate/preview/"


def form(*pairs: tuple[str, str], **values: str) -> dict[str, str]:
    """Return what the template's form posts, with a row for each language."""
    data = {"name": "t", "text": "hi {{ name }}", "language_texts-rows": "5", **values}
    for number, (tag, text) in enumerate(pairs):
        data |= {f"language_texts-{number}-language": tag, f"language_texts-{number}-text": text}
    return data


def change(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def test_a_template_is_made_with_its_languages(operator: Client) -> None:
    address = reverse("admin:campaigns_messagetemplate_add")
    answer = operator.post(address, form(("EN_us", "hello\r\nyou"), ("", ""), ("zh", "你好")))
    assert answer.status_code == 302
    template = MessageTemplate.objects.get()
    assert template.texts_by_language() == {
        "": "hi {{ name }}", "en-us": "hello\nyou", "zh": "你好",
    }  # fmt: skip
    assert template.versions.get().created_by is not None
    page = operator.get(change(template)).content.decode()
    assert 'value="en-us"' in page
    # A form without the rows keeps the languages; one with an empty row takes it out.
    operator.post(change(template), {"name": "t", "text": "new"})
    assert template.texts.count() == 2
    operator.post(change(template), form(("en-us", ""), ("zh", "你好"), text="new"))
    assert template.texts.count() == 2
    operator.post(change(template), form(("", ""), ("zh", "你好"), text="new"))
    assert [one.language for one in template.texts.all()] == ["zh"]
    assert template.versions.count() == 3


@pytest.mark.parametrize(
    ("data", "field", "sentence"),
    [
        (form(text="{{ nmae }}"), "text", "Did you mean {{ name }}?"),
        (form(text="you get a b a n k"), "text", "Line 1, column 11 of the text: the word “bank”"),
        (form(("en", "{{ nmae }}")), "language_texts", "(en) {{ nmae }}"),
        (form(("en", "")), "language_texts", "Write a text for “en”"),
        (form(("", "x")), "language_texts", "Name the language"),
        (form(("en", "x"), ("EN", "y")), "language_texts", "two texts for the language"),
        (form(("²", "x")), "language_texts", "is no language"),
        (form(text="{{ snippets.x }}"), "text", "there is no snippet “x”"),
    ],
)
def test_a_mistake_is_said_at_its_field(
    data: dict[str, str], field: str, sentence: str, operator: Client
) -> None:
    add_words(words=["bank"])
    answer = operator.post(reverse("admin:campaigns_messagetemplate_add"), data)
    assert answer.status_code == 200
    assert sentence in " ".join(answer.context["adminform"].form.errors[field])
    assert not MessageTemplate.objects.exists()


def test_a_language_that_both_changed_is_asked_about(operator: Client) -> None:
    template = create_template(name="t", texts={"": "x", "en": "before"})
    page = operator.get(change(template)).context["adminform"].form
    mine = form(("en", "mine"), text="x", _seen=page.seen_token)
    template.texts.update(text="theirs")
    answer = operator.post(change(template), mine)
    assert answer.status_code == 200
    assert "en: theirs" in answer.content.decode()
    assert template.texts.get().text == "theirs"


def test_the_preview_is_what_the_person_would_get(operator: Client) -> None:
    make_account(friends=[100_001])
    make_list("l", [100_001, 100_002], city="Bern")
    Contact.objects.filter(uin=100_002).update(name="<b>李雷</b>")
    before = MessageTemplate.objects.count()
    text = "你好 {{ name }}, {{ nickname }} {{ city }}"
    shown = operator.post(PREVIEW, {"text": text, "person": "QQ:100001"}).content.decode()
    assert "你好 人100001, friend 100001 Bern" in shown
    assert "30 of 4,000 characters, 36 bytes" in shown
    shown = operator.post(PREVIEW, {"text": text, "person": "李雷"}).content.decode()
    assert "你好 &lt;b&gt;李雷&lt;/b&gt;,  Bern" in shown
    shown = operator.post(PREVIEW, {"text": "a\n{{ nmae }}", "person": ""}).content.decode()
    assert "Line 2, column 4" in shown
    for person in ("nobody", "\0", "9" * 5000, "²"):
        answer = operator.post(PREVIEW, {"text": text, "person": person, "zone": "x"})
        assert "There is no such person" in answer.content.decode()
    assert MessageTemplate.objects.count() == before
    assert operator.get(PREVIEW).status_code == 404


@pytest.mark.parametrize(
    ("rights", "status"),
    [
        ([], 403),
        (["change_messagetemplate"], 403),
        (["view_contact", "view_messagetemplate"], 403),
        (["view_contact", "change_campaign"], 200),
    ],
)
def test_only_who_writes_and_may_see_people_gets_a_preview(
    rights: list[str], status: int, client: Client
) -> None:
    user = User.objects.create_user("writer", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client.force_login(user)
    assert client.post(PREVIEW, {"text": "x"}).status_code == status


def test_versions_are_shown_and_restored_by_who_may_change(operator: Client) -> None:
    template = create_template(name="t", texts={"": "one\nsame", "en": "x"})
    operator.post(change(template), form(("en", "x"), text="two\nsame"))
    address = reverse("admin:campaigns_messagetemplate_version", args=[template.pk, 2])
    shown = operator.get(address).content.decode()
    assert "<del>one</del>" in shown
    assert "<ins>two</ins>" in shown
    listed = reverse("admin:campaigns_messagetemplate_versions", args=[template.pk])
    assert address in operator.get(listed).content.decode()
    first = address.replace("/2/", "/1/")
    viewer = Client()
    user = User.objects.create_user("viewer", password="x", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_messagetemplate"))
    viewer.force_login(user)
    assert "Restore version" not in viewer.get(first).content.decode()
    assert viewer.post(first).status_code == 403
    assert template.versions.count() == 2
    assert operator.post(first).status_code == 302
    template.refresh_from_db()
    assert template.text == "one\nsame"
    assert template.versions.count() == 3
    assert operator.get(f"{address}?against=99").status_code == 200
    assert operator.get(address.replace("/2/", "/77/")).status_code == 404


def test_a_campaign_links_to_the_version_that_its_run_sends(operator: Client) -> None:
    make_account(friends=[100_001])
    template = create_template(name="t", texts={"": "hi"})
    campaign = make_campaign(lists=[make_list("l", [100_001])], text="", template=template)
    start_campaign(campaign=campaign)
    page = operator.get(reverse("admin:campaigns_campaign_page", args=[campaign.pk]))
    address = reverse("admin:campaigns_messagetemplate_version", args=[template.pk, 1])
    assert address in page.content.decode()
    assert "spring #1" in operator.get(address).content.decode()


def test_a_snippet_is_edited_with_a_word_about_its_users(operator: Client) -> None:
    address = reverse("admin:campaigns_snippet_add")
    assert operator.post(address, {"name": "签名", "text": "—— 小红"}).status_code == 302
    snippet = Snippet.objects.get()
    create_template(name="greeting", texts={"": "{{ snippets.签名 }}"})
    said = operator.post(change(snippet), {"name": "签名", "text": "new"}, follow=True)
    assert "These use the snippet: “greeting”" in said.content.decode()
    for data, field in (
        ({"name": "签名", "text": "{{ snippets.签名 }}"}, "text"),
        ({"name": "other", "text": "x"}, "name"),
    ):
        answer = operator.post(change(snippet), data)
        assert field in answer.context["adminform"].form.errors
    deletion = reverse("admin:campaigns_snippet_delete", args=[snippet.pk])
    assert "“greeting”" in operator.get(deletion).content.decode()
    operator.post(deletion, {"post": "yes"})
    assert Snippet.objects.get().text == "new"


def test_forbidden_words_are_kept_and_imported(operator: Client) -> None:
    address = reverse("admin:sending_forbiddenword_add")
    assert operator.post(address, {"word": " b*k ", "action": "refuse"}).status_code == 302
    for word in ("B * K", "?", "a*b*c*d", ""):
        answer = operator.post(address, {"word": word, "action": "refuse"})
        assert "word" in answer.context["adminform"].form.errors, word
    file = SimpleUploadedFile("words.txt", "发票\n加微信\n".encode())
    upload = reverse("admin:sending_forbiddenword_import")
    assert operator.post(upload, {"file": file, "action": "approve"}).status_code == 302
    assert ForbiddenWord.objects.filter(action="approve").count() == 2
    assert operator.post(upload, {"action": "approve"}).status_code == 200
    listed = operator.get(reverse("admin:sending_forbiddenword_changelist")).content.decode()
    assert "加微信" in listed


def test_the_table_import_checks_texts_and_makes_versions(operator: Client, tmp_path: Path) -> None:
    add_words(words=["bank"])
    file = tmp_path / "templates.csv"
    file.write_text("name,text\nt,hi {{ name }}\nu,{{ nmae }}\nv,bank\n", encoding="utf-8")
    plan = plan_import(resource=MessageTemplateResource(), path=file, name=file.name)
    wrong = [row for row in plan.outcomes if row.kind == "wrong"]
    assert [row.line for row in wrong] == [3, 4]
    file.write_text("name,text\nt,hi {{ name }}\n", encoding="utf-8")
    plan = plan_import(resource=MessageTemplateResource(), path=file, name=file.name)
    write_import(plan=plan)
    assert MessageTemplate.objects.get().versions.get().number == 1


def test_texts_by_language_are_columns_of_the_table(operator: Client, tmp_path: Path) -> None:
    create_template(name="t", texts={"": "hi", "en": "hello", "zh-hans": "你好"})
    create_template(name="u", texts={"": "only"})
    file = tmp_path / "templates.csv"

    def exported() -> str:
        rows = MessageTemplate.objects.order_by("pk")
        return b"".join(stream_csv(MessageTemplateResource(), rows)).decode("utf-8-sig")

    def plan() -> ImportPlan:
        return plan_import(resource=MessageTemplateResource(), path=file, name=file.name)

    written = exported()
    assert written.splitlines()[0] == "name,text,labels,text:en,text:zh-hans"
    assert "t,hi,,hello,你好" in written
    file.write_text(written, encoding="utf-8")
    assert plan().counts == {"new": 0, "changed": 0, "unchanged": 2, "wrong": 0}
    file.write_text(
        "name,text,text:EN,正文：fr\nt,hi,,salut\nu,only,just,\nv,new,fresh,\n", encoding="utf-8"
    )
    found = plan()
    assert found.counts == {"new": 1, "changed": 2, "unchanged": 0, "wrong": 0}
    write_import(plan=found)
    texts = {one.name: one.texts_by_language() for one in MessageTemplate.objects.all()}
    assert texts == {
        "t": {"": "hi", "fr": "salut", "zh-hans": "你好"},
        "u": {"": "only", "en": "just"},
        "v": {"": "new", "en": "fresh"},
    }
    newest = current_version(template=MessageTemplate.objects.get(name="t"))
    assert (newest.number, newest.texts["fr"]) == (2, "salut")
    file.write_text("name,text,text:en\nt,hi,{{ nmae }}\n", encoding="utf-8")
    (row,) = plan().outcomes
    assert (row.kind, [title for title, _why in row.problems]) == ("wrong", ["text:en"])
