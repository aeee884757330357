"""What was seen when every page was looked at, and must not come back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import FriendRequest
from api.tokens.issue import issue_token
from campaigns.models import Campaign, DefaultCap
from contacts.models import ContactImport, ContactList
from tests.console.sample_data import make_account
from tests.console.small_fonts import NAMES, OURS, ROOT, THEIRS, WEIGHTS, sources, words_of_styles
from users.keep import set_role
from users.roles import Role

#: How a page names an icon, how a list of entries does, and how a script does.
SHOWN_ICONS = re.compile(
    r"""material-symbols-outlined[^>{}]*>\s*([a-z0-9_]+)\s*<|\bicon["']?\s*[:=]\s*["']([a-z0-9_]+)["']"""
    r"""|_item\(_\([^)]*\),\s*"([a-z0-9_]+)\""""
)


@pytest.mark.django_db
def test_numbers_in_forms_have_no_idle_zeros(operator: Client) -> None:
    DefaultCap.objects.create(pk=1, most=3, days=7.0)
    page = operator.get(reverse("admin:campaigns_defaultcap_change", args=[1])).content.decode()
    assert re.search(r'name="days"[^>]*value="7"|value="7"[^>]*name="days"', page)


@pytest.mark.django_db
def test_a_viewer_is_offered_to_look_only(operator: Client, client: Client) -> None:
    make_account(10_001)
    assert FriendRequest.objects.waiting().exists()
    assert ">Decide<" in operator.get("/").content.decode()
    viewer = User.objects.create_user("vera", is_staff=True)
    set_role(viewer, Role.VIEWER)
    client.force_login(viewer)
    page = client.get("/").content.decode()
    assert ">Show requests<" in page
    assert ">Decide<" not in page
    assert "Waiting for a colleague" in page


@pytest.mark.django_db
def test_an_uploaded_file_leads_to_its_check(operator: Client) -> None:
    people = ContactList.objects.create(name="会员")
    found = ContactImport.objects.create(file_name="a.csv", contact_list=people, state="uploaded")
    page = operator.get(reverse("admin:contacts_contactimport_page", args=[found.pk]))
    address = reverse("admin:contacts_contactimport_check", args=[found.pk])
    assert f'q-main" href="{address}"' in page.content.decode()


@pytest.mark.django_db
def test_a_tokens_page_says_when_it_ends(operator: Client) -> None:
    token, _secret = issue_token(user=User.objects.get(), name="商城", expires="90d")
    page = operator.get(reverse("admin:api_token_change", args=[token.pk])).content.decode()
    assert f"{timezone.localtime(token.expires_at):%Y-%m-%d}" in page
    assert token.start in page


@pytest.mark.django_db
def test_the_calendar_of_a_campaign_names_its_days_in_chinese(operator: Client) -> None:
    campaign = Campaign.objects.create(name="春")
    address = reverse("admin:campaigns_campaign_step", args=[campaign.pk, "when"])
    page = operator.get(address, headers={"accept-language": "zh-hans"}).content.decode()
    heads = re.findall(r'<abbr title="星期.">([^<]*)</abbr>', page)
    assert heads[:7] == list("一二三四五六日")
    assert re.search(r"<caption>\d{4}年\d{1,2}月</caption>", page)


@pytest.mark.django_db
def test_the_first_cell_of_a_row_without_a_box_has_its_own_label(operator: Client) -> None:
    make_account(10_001)
    page = operator.get(reverse("admin:accounts_friend_changelist")).content.decode()
    assert 'data-label="UIN"' in page
    assert 'data-label="Select record"' not in page
    page = operator.get(reverse("admin:accounts_account_changelist")).content.decode()
    assert 'data-label="Select record"' in page  # of the boxes


def test_our_fonts_have_every_icon_that_a_page_names() -> None:
    have = set(NAMES.read_text(encoding="ascii").split())
    named: dict[str, Path] = {}
    for file in sources():
        for groups in SHOWN_ICONS.findall(file.read_text(encoding="utf-8", errors="ignore")):
            named |= {one: file for one in groups if one}
    assert len(named) > 60
    assert {one: str(file) for one, file in named.items() if one not in have} == {}


def test_our_fonts_have_every_icon_that_a_stylesheet_names() -> None:
    """The calendar and the clock in a field for a time are such icons."""
    have, named = set(NAMES.read_text(encoding="ascii").split()), words_of_styles()
    assert {"calendar_today", "schedule", "expand_more"} <= named
    assert named <= have


def test_our_fonts_are_small_and_belong_to_the_themes() -> None:
    fonts = [OURS / f"Inter-{weight}.woff2" for weight in WEIGHTS]
    fonts.append(OURS / "Material-Symbols-Outlined.woff2")
    assert all(0 < font.stat().st_size < 40_000 for font in fonts)
    css = (ROOT / "qqcampaign/console/static/console/console.css").read_text(encoding="utf-8")
    assert all(f"url(fonts/{font.name})" in css for font in fonts)
    assert (THEIRS / "static/unfold/fonts").is_dir()
