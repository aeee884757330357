"""Searches read a name and a UIN as they are compared elsewhere: without case, width and signs."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contacts.models import ContactImport
from contacts.segments.where import parse_where
from tests.campaigns.factories import make_account, make_campaign, make_list, make_run

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.mark.parametrize("term", ["ＶＩＰ　春", "vip 春", "\u200bVIP 春"])
def test_runs_and_imports_are_found_by_what_a_name_looks_like(term: str, operator: Client) -> None:
    people = make_list("VIP 春季")
    run = make_run(make_campaign("VIP 春季", lists=[people]))
    made = ContactImport.objects.create(contact_list=people, file_name="a.csv", state="done")
    make_run(make_campaign("other"))
    ContactImport.objects.create(contact_list=make_list("other"), file_name="b.csv", state="done")
    expected: list[tuple[str, Any]] = [
        ("campaigns_campaignrun", run),
        ("contacts_contactimport", made),
    ]
    for view, row in expected:
        page = operator.get(reverse(f"admin:{view}_changelist"), {"q": term})
        assert list(page.context["cl"].queryset) == [row]


@pytest.mark.parametrize("typed", ["20001", "２０００１", "QQ:20001", "20,001", "20001@qq.com"])
def test_an_account_in_a_segment_is_found_by_its_uin_in_any_spelling(
    typed: str, operator: Client
) -> None:
    make_account(20_001)
    make_account(30_001)
    choices = reverse("admin:contacts_segment_choices")
    found = operator.get(choices, {"key": "accounts", "q": typed}).json()["items"]
    assert [one["id"] for one in found] == [20_001]
    assert parse_where(f'friend of "{typed}"') == {"kind": "friend_of", "accounts": [20_001]}
