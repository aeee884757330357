"""Writing in a real browser: clicking in, the preview as one types, in both languages."""

from __future__ import annotations

import os
from typing import Any

import pytest

from campaigns.models import MessageTemplate, Snippet
from campaigns.writing.templates import create_template
from tests.campaigns.factories import make_account, make_list
from tests.console.sample_data import make_operator

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("clean_redis"),
]
#: A folder for pictures to be looked at; none are taken without it.
PICTURES = os.environ.get("WRITING_PICTURES", "")


def look(page: Any, name: str) -> None:
    """Check that nothing is wider than the window, on a desktop and on a phone."""
    for width, height in ((1280, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, (name, width, wide)
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})


def test_a_template_is_written_with_a_preview_as_one_types(page: Any, live_server: Any) -> None:
    make_operator()
    make_account(20_001, friends=[100_001])
    make_list("all", [100_001, 100_002], city="昆明")
    Snippet.objects.create(name="签名 一", text="—— {{ account.uin }}")
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.set_default_timeout(30_000)
    page.goto(f"{live_server.url}/campaigns/messagetemplate/add/")
    page.fill("input[name=username]", "op")
    page.fill("input[name=password]", "op")
    page.click("button[type=submit]")
    page.fill("[name=name]", "t")
    page.fill("#id_text", "你好 ")
    main = page.locator("[data-writing=id_text]")
    main.get_by_role("button", name="{{ city }}").click()
    # By keyboard: a button is reached and pressed like any other.
    main.get_by_role("button", name='{{ snippets["签名 一"] }}').focus()
    page.keyboard.press("Enter")
    main.locator("[data-rendered]", has_text="你好 昆明—— 20001").wait_for()
    assert page.input_value("#id_text") == '你好 {{ city }}{{ snippets["签名 一"] }}'
    main.locator("[data-count]", has_text="13 of 4,000 characters, 25 bytes").wait_for()
    main.locator("[data-person]").fill("人")
    main.locator("[data-uin='100002']").click()
    main.locator("p", has_text="To 100002").wait_for()
    page.locator("#id_text").press_sequentially("{{ nmae }}")
    main.locator("[data-problem]", has_text="Did you mean {{ name }}?").wait_for()
    page.fill("#id_text", "hi")
    page.get_by_role("button", name="Add a language").click()
    page.fill("[name=language_texts-0-language]", "zh-hans")
    page.fill("[name=language_texts-0-text]", "你好 {{ name }}")
    page.locator("[data-writing='id_language_texts-0-text'] [data-rendered]").wait_for()
    look(page, "template")
    page.locator("button[name=_continue], input[name=_continue]").first.click()
    page.get_by_text("Versions").first.wait_for()
    template = MessageTemplate.objects.get()
    assert template.texts_by_language() == {"": "hi", "zh-hans": "你好 {{ name }}"}
    assert problems == []


def test_versions_and_changes_are_read_in_chinese(page: Any, live_server: Any) -> None:
    make_operator()
    template = create_template(name="问候", texts={"": "你好\n再见", "en": "hello"})
    template.text = "您好\n再见"
    template.save()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.set_default_timeout(30_000)
    page.goto(f"{live_server.url}/campaigns/messagetemplate/{template.pk}/change/")
    page.fill("input[name=username]", "op")
    page.fill("input[name=password]", "op")
    page.click("button[type=submit]")
    page.locator("#id_text").wait_for()
    page.get_by_role("button", name="中文").click()
    page.locator("[data-rendered]").first.wait_for()
    look(page, "template-zh")
    page.fill("#id_text", "您好\n再会")
    page.locator("button[name=_continue], input[name=_continue]").first.click()
    page.get_by_text("版本").first.click()
    page.get_by_role("link", name="2", exact=True).click()
    page.get_by_text("版本 1 到版本 2 的改动").wait_for()
    assert page.locator("del").all_text_contents() == ["你好", "再见"]
    look(page, "version-zh")
    newest = template.history.first()
    address = f"{live_server.url}/campaigns/messagetemplate/{template.pk}/history/"
    page.goto(f"{address}{newest.pk}/")
    page.get_by_text("此次更改后的内容").wait_for()
    look(page, "change-zh")
    page.goto(f"{live_server.url}/sending/forbiddenword/import/")
    look(page, "words-import-zh")
    page.goto(f"{live_server.url}/campaigns/snippet/add/")
    look(page, "snippet-zh")
    assert problems == []
