"""The help: pages are rendered safely, links work, and every page of the console has help."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import get_resolver, resolve
from django.utils.translation import override

from qqcampaign.console.help.glossary import terms, terms_in
from qqcampaign.console.help.library import Page, find_page, groups, names
from qqcampaign.console.help.markdown import render
from qqcampaign.console.help.pictures import pictures
from qqcampaign.console.help.places import ELSEWHERE, PLACES, place_of, target_of
from qqcampaign.console.help.search import search
from qqcampaign.console.navigation import SIDEBAR

LANGUAGES = ("en", "zh")
#: Words of ARCHITECTURE.md that no page of the console shows, or shows only to say what they are.
NOT_SHOWN = {
    "background task", "friend link", "policy", "type", "reading", "inbound message, handler",
    "opt-out word", "hash", "definition file", "texts of a run", "test share", "rest", "target",
    "act", "entry", "lane", "lease", "ledger", "mark", "release", "wake-up", "tick", "tally",
    "run minute", "shared time", "handler",
}  # fmt: skip


def _pages(language: str) -> list[Page]:
    return [page for name in sorted(names()) if (page := find_page(name, language)) is not None]


def test_the_same_files_are_listed_as_on_the_site() -> None:
    listed = {page.name for group in groups("en") for page in group.pages}
    written = {name for name in names() if not name.startswith("decisions/0")}
    assert listed == written


@pytest.mark.parametrize("language", LANGUAGES)
def test_links_lead_to_pages_and_sections_that_exist(language: str) -> None:
    wrong = []
    for page in _pages(language):
        own = {section.anchor for section in page.sections}
        for href in re.findall(r'href="([^"]+)"', page.html):
            name, _hash, anchor = href.partition("#")
            if name.startswith(("http:", "https:")):
                continue
            target = page if not name else find_page(_name_of(name), language)
            if target is None or (
                anchor and unquote(anchor) not in (own if not name else _anchors(target))
            ):
                wrong.append((page.name, href))
        for source in re.findall(r'<img src="([^"]+)"', page.html):
            assert source.removeprefix("/help/pictures/") in pictures(), (page.name, source)
    assert wrong == []


def _name_of(address: str) -> str:
    return address.removeprefix("/help/pages/").removesuffix("/")


def _anchors(page: Page) -> set[str]:
    return {section.anchor for section in page.sections}


def test_raw_html_and_scripts_are_shown_as_text() -> None:
    text = "# A <b>title</b>\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1)) <i>y</i>"
    page = render(text, "console")
    assert "<script" not in page.html
    assert "<b>" not in page.html
    assert "<i>" not in page.html
    assert 'href="javascript' not in page.html
    assert "&lt;script&gt;" in page.html


def test_a_page_has_tables_code_and_anchors() -> None:
    text = (
        "# One\n\n## Two words {#two}\n\n| a | b |\n|---|---|\n| 1 | `2` |\n\n```sh\nx < y\n```\n"
    )
    page = render(f"{text}\n## Two words\n\n## Two words\n", "console")
    assert '<h2 id="two">Two words</h2>' in page.html
    assert [section.anchor for section in page.sections] == [
        "one", "two", "two-words", "two-words_1",
    ]  # fmt: skip
    assert '<div class="q-wide" tabindex="0"><table>' in page.html
    assert "x &lt; y" in page.html
    section = page.sections[1]
    assert section.title == "Two words"
    assert "1 2 x < y" in section.text


def test_every_place_exists_in_both_languages() -> None:
    wrong = []
    for view, target in {**PLACES, "": ELSEWHERE}.items():
        for language in LANGUAGES:
            place = place_of(view, language)
            if place is None or (("#" in target) != (place.section is not None)):
                wrong.append((view, language))
    assert wrong == []


def test_every_place_is_that_of_an_address() -> None:
    resolver = get_resolver()
    views = {str(name) for name in resolver.reverse_dict if isinstance(name, str)}
    admin = resolver.namespace_dict["admin"][1]
    views |= {f"admin:{name}" for name in admin.reverse_dict if isinstance(name, str)}
    unused = [
        place
        for place in PLACES
        if not any(view == place or view.startswith((f"{place}_", f"{place}-")) for view in views)
    ]
    assert unused == []


def test_every_page_of_the_sidebar_has_help() -> None:
    items = [item for room in SIDEBAR for item in room["items"]]
    without = [
        str(item["title"])
        for item in items
        if target_of(resolve(str(item["link"])).view_name) == ELSEWHERE
    ]
    assert without == []


def test_the_longest_name_counts() -> None:
    assert target_of("admin:accounts_account_changelist") == "working#accounts"
    assert target_of("admin:accounts_accountpool_changelist") == "pools#pools"
    assert target_of("admin:campaigns_campaign_page") == "working#campaign"
    assert target_of("nowhere") == ELSEWHERE


@pytest.mark.parametrize(
    ("question", "language", "page"),
    [
        ("quarantined", "en", "working"),
        ("frequency caps", "en", "pools"),
        ("Snippets", "en", "templates"),
        ("养号", "zh", "pools"),
        ("违禁词", "zh", "templates"),
        ("pg_dump", "zh", "backup"),  # only in English
    ],
)
def test_the_search_finds_sections(question: str, language: str, page: str) -> None:
    assert page in [hit.page.name for hit in search(question, language)[:6]]


def test_a_search_marks_its_words_and_nothing_else() -> None:
    (hit, *_rest) = search("holdout", "en")
    assert "<mark>" in hit.excerpt
    assert search("no such word anywhere <b>", "en") == []
    assert search("   ", "en") == []
    assert search("a" * 5000, "en") == []


def test_the_glossary_has_the_words_of_the_architecture() -> None:
    text = (Path(settings.BASE_DIR) / "ARCHITECTURE.md").read_text("utf-8")
    table = re.search(r"^## Words\n.*?^\|---\|---\|\n(.*?)\n\n", text, re.DOTALL | re.MULTILINE)
    assert table is not None
    rows = [line.split("|")[1].strip() for line in table[1].splitlines()]
    words = {word.strip() for row in rows for word in row.split(",")}
    assert {"account", "variant", "holdout"} <= words
    known = {term.word for term in terms("en")}
    assert sorted(words - known - NOT_SHOWN) == []


def test_the_glossary_has_the_same_words_in_both_languages() -> None:
    english, chinese = terms("en"), terms("zh")
    assert [term.anchor for term in english] == [term.anchor for term in chinese]
    assert all(term.sentence for term in (*english, *chinese))


def test_words_of_a_section_lead_to_the_glossary() -> None:
    place = place_of("admin:campaigns_campaign_page", "en")
    assert place is not None
    found = {term.word for term in terms_in(place.section, "en")}
    assert {"unknown", "campaign", "result code"} <= found
    assert "sequence" not in found


def test_pages_are_shown_in_the_readers_language(operator: Client) -> None:
    with override("zh-hans"):
        operator.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
    assert "使用控制台" in operator.get("/help/pages/working/").content.decode()
    english = operator.get("/help/pages/retention/").content.decode()
    assert "Retention" in english
    assert "本页暂时只有英文" in english
    operator.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert "Working in the console" in operator.get("/help/pages/working/").content.decode()


def test_the_list_leads_to_every_page_and_searches(operator: Client) -> None:
    shown = operator.get("/help/").content.decode()
    for group in groups("en"):
        for page in group.pages:
            assert f'href="/help/pages/{page.name}/"' in shown
    found = operator.get("/help/", {"q": "quarantined"}).content.decode()
    assert "<mark>" in found
    assert "Nothing was found" in operator.get("/help/", {"q": "<script>x"}).content.decode()


@pytest.mark.parametrize(
    "name", ["nowhere", "../README", "decisions/../../README", "console.zh", "console.md"]
)
def test_only_pages_are_read(name: str, operator: Client) -> None:
    assert operator.get(f"/help/pages/{name}/").status_code == 404
    assert operator.get(f"/help/pictures/{name}").status_code == 404


def test_a_picture_is_sent(operator: Client) -> None:
    answer = operator.get("/help/pictures/images/overview.png")
    assert answer["Content-Type"] == "image/png"
    assert b"".join(answer.streaming_content).startswith(b"\x89PNG")  # type: ignore[attr-defined]
    assert answer["Cache-Control"] == "private, max-age=3600"  # and nothing that says otherwise


def test_the_panel_shows_the_section_of_the_page(operator: Client) -> None:
    page = operator.get("/accounts/account/").content.decode()
    address = re.search(r'data-help="([^"]+)"', page)
    assert address is not None
    assert address[1] == "/help/panel/?at=admin%3Aaccounts_account_changelist"
    panel = operator.get(address[1]).content.decode()
    assert "Quarantined" in panel
    assert "/help/pages/working/#accounts" in panel
    assert "/help/pages/glossary/#account" in panel
    assert operator.get("/help/panel/").status_code == 200
    assert operator.get("/help/panel/", {"at": "x" * 5000}).status_code == 200


def test_the_palette_finds_help(operator: Client) -> None:
    found = operator.get("/search/", {"s": "warm-up", "extended": "1"}).content.decode()
    assert "/help/pages/pools/#warm-up" in found


def test_help_is_for_who_is_signed_in(client: Client, db: None) -> None:
    for address in ("/help/", "/help/pages/console/", "/help/panel/", "/help/code/?code=3"):
        assert client.get(address).status_code == 302
    viewer = User.objects.create_user("viewer", password="x", is_staff=True)
    client.force_login(viewer)
    assert client.get("/help/pages/console/").status_code == 200
