"""What Django's admin says in Chinese, as people in China write it, and permissions in words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.contrib.auth.models import Permission
from django.contrib.humanize.templatetags.humanize import intcomma
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts.models import FriendLink, FriendLinkKind
from qqcampaign.console.words_of_django import WORDS
from tests.console.sample_data import make_account
from users.admin.group import permission_words

LANGUAGE = "zh-hans"
#: A Chinese character, a blank and a name that is filled in, or the other way round.
NEEDLESS_BLANK = re.compile(
    r"[\u4e00-\u9fff] %(\((?!\w*count)\w+\))?s|%(\(\w*name\w*\))?s [\u4e00-\u9fff]"
)


def test_sentences_have_no_needless_blank() -> None:
    with translation.override(LANGUAGE):
        said = {one: translation.gettext(one) for one in WORDS}
    assert [one for one, other in said.items() if one == other] == []
    assert [other for other in said.values() if NEEDLESS_BLANK.search(other)] == []


@pytest.mark.django_db
def test_pages_say_them(operator: Client) -> None:
    make_account(10_001)
    operator.post("/i18n/setlang/", {"language": LANGUAGE, "next": "/"})
    assert "添加账号" in operator.get("/accounts/account/add/").content.decode()
    assert "共 1 条账号" in operator.get("/accounts/account/").content.decode()
    scripts = operator.get(reverse("admin:jsi18n")).content.decode()
    assert "全选%s".encode("unicode_escape").decode() in scripts


def test_the_catalogue_of_scripts_is_compiled() -> None:
    folder = Path(settings.LOCALE_PATHS[0]) / "zh_Hans/LC_MESSAGES"
    with (folder / "djangojs.po").open("rb") as file:
        written = {one.id: one.string for one in read_po(file, locale="zh_Hans") if one.id}
    with (folder / "djangojs.mo").open("rb") as file:
        kept = {one.id: one.string for one in read_mo(file) if one.id}
    assert written == kept


@pytest.mark.parametrize("language", ["en", LANGUAGE])
def test_large_numbers_are_marked(language: str) -> None:
    with translation.override(language):
        assert intcomma(172_800) == "172,800"


@pytest.mark.django_db
def test_permissions_are_read_in_the_readers_language() -> None:
    adds = Permission.objects.get(codename="add_account")
    approves = Permission.objects.get(codename="approve_campaign")
    assert permission_words(adds).endswith("account | add")
    with translation.override(LANGUAGE):
        assert permission_words(adds).endswith("账号 | 添加")
        assert "approve" not in permission_words(approves).casefold()


@pytest.mark.django_db
def test_a_friend_link_says_its_state_in_words(operator: Client) -> None:
    account = make_account(10_001)
    link = FriendLink.objects.create(account=account, uin=20_001, kind=FriendLinkKind.values[0])
    page = operator.get(reverse("admin:accounts_friendlink_change", args=[link.pk]))
    assert "(&#x27;" not in page.content.decode()
    assert link.get_state_display() in page.content.decode()


@pytest.mark.django_db
def test_the_history_offers_no_way_back_that_there_is_not(operator: Client) -> None:
    account = make_account(10_001)
    page = operator.get(reverse("admin:accounts_account_history", args=[account.pk]))
    assert page.status_code == 200
    assert "revert" not in page.content.decode()
