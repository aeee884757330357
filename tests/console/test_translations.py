"""Both languages are complete, and the committed .mo file matches the .po file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from qqcampaign.translations import (
    catalogue_path,
    compiled,
    missing_messages,
    our_messages,
    read_catalogue,
)
from tests.console.sample_data import make_world

LANGUAGE = "zh-hans"


def test_the_sources_are_read() -> None:
    found = our_messages()
    assert found["Current campaigns"].endswith("live.html")
    assert "Type to search" in found  # a string of Unfold
    assert ("%(n)d account is enabled.", "%(n)d accounts are enabled.") in found
    assert len(found) > 800


def test_no_string_is_missing() -> None:
    missing = missing_messages(LANGUAGE)
    assert missing == {}, "run `manage.py languages`, then translate what it names"


def test_no_translation_is_unused() -> None:
    used = our_messages()
    unused = [entry.id for entry in read_catalogue(LANGUAGE) if entry.id and entry.id not in used]
    assert unused == [], "run `manage.py languages`, which removes them"


def test_no_translation_is_empty() -> None:
    catalogue = read_catalogue(LANGUAGE)
    assert [entry.id for entry in catalogue if entry.id and not any(entry.string or "")] == []


def test_no_translation_goes_on_in_english() -> None:
    """Merging two catalogues once put the end of another sentence behind a translation."""
    said = re.compile(r"[\u4e00-\u9fff].*\b[A-Za-z]+(?: [a-z]+){4}")
    mixed = [
        entry.string
        for entry in read_catalogue(LANGUAGE)
        if entry.id and isinstance(entry.string, str) and said.search(entry.string)
    ]
    assert mixed == []


def test_the_compiled_catalogue_is_the_written_one() -> None:
    kept = catalogue_path(LANGUAGE, suffix="mo").read_bytes()
    assert kept == compiled(read_catalogue(LANGUAGE)), "run `manage.py languages`"


def test_what_has_a_context_is_translated() -> None:
    """Without an entry of its own it would be shown in English: "requested" was."""
    in_code = re.compile(r'pgettext(?:_lazy)?\(\s*"([^"]+)",\s*"([^"]+)"')
    in_page = re.compile(r'trans "([^"]+)" context "([^"]+)"')
    root, pairs = Path(settings.BASE_DIR), set()
    for file in (*root.glob("templates/**/*.html"), *root.glob("*/**/*.py")):
        if file.is_relative_to(root / "tests") or file.is_relative_to(root / ".venv"):
            continue
        text = file.read_text(encoding="utf-8")
        pairs |= set(in_code.findall(text)) | {(two, one) for one, two in in_page.findall(text)}
    assert ("own friend request", "requested") in pairs
    with translation.override(LANGUAGE):
        said = {pair: translation.pgettext(*pair) for pair in pairs}
    assert [pair for pair, other in said.items() if pair[1] == other] == []


def test_every_translation_keeps_its_placeholders() -> None:
    wrong = []
    for entry in read_catalogue(LANGUAGE):
        ids = entry.id if isinstance(entry.id, tuple) else (entry.id,)
        strings = [entry.string] if isinstance(entry.string, str) else entry.string or []
        wanted = _placeholders(str(ids[-1]))
        if entry.id and any(_placeholders(text) != wanted for text in strings):
            wrong.append(entry.id)
    assert wrong == []


def _placeholders(text: str) -> list[str]:
    return sorted(set(re.findall(r"%\(\w+\)[a-z]|%[sdr]\b", text)))


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/", ["总览", "需要处理", "每分钟消息数", "网关应答"]),
        ("/accounts/account/", ["账号", "输入开头即可", "筛选", "在线"]),
        ("/campaigns/campaign/", ["活动", "进行中", "输入以搜索"]),
        ("/campaigns/campaign/{pk}/page/", ["暂停", "取消执行", "未发送原因", "绝不重复"]),
        ("/campaigns/campaign/{pk}/preflight/", ["预检", "收件人"]),
        ("/campaigns/campaign/{pk}/do/cancel/", ["无法撤销", "不，返回"]),
        ("/contacts/contactimport/upload/", ["导入联系人", "以文件为准"]),
    ],
)
def test_pages_are_chinese_when_asked(address: str, words: list[str], operator: Client) -> None:
    campaign = make_world()
    operator.post("/i18n/setlang/", {"language": LANGUAGE, "next": "/"})
    page = operator.get(address.format(pk=campaign.pk)).content.decode()
    assert 'lang="zh-hans"' in page
    for word in words:
        assert word in page


def test_the_switch_is_on_every_page_and_comes_back(operator: Client) -> None:
    address = "/accounts/account/?q=1"
    page = operator.get(address).content.decode()
    assert 'action="/i18n/setlang/"' in page
    answer = operator.post("/i18n/setlang/", {"language": LANGUAGE, "next": address})
    assert answer["Location"] == address


def test_the_sign_in_speaks_both_languages(client: Client, db: None) -> None:
    client.post("/i18n/setlang/", {"language": LANGUAGE, "next": "/login/"})
    assert "欢迎回到" in client.get("/login/").content.decode()
    with translation.override("en"):
        client.post("/i18n/setlang/", {"language": "en", "next": "/login/"})
    assert "Welcome back to" in client.get("/login/").content.decode()
