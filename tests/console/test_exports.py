"""Exports of what is on the screen."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.console.making import FIRST_UIN, make_world


@pytest.mark.parametrize(
    ("what", "query", "shown", "hidden"),
    [
        ("contacts_contact", f"?q={FIRST_UIN + 3}", "张伟3", "张伟4"),
        ("contacts_contactlist", "", "老客户", "-never-"),
        ("contacts_suppression", "", "退订", "-never-"),
        ("accounts_account", "", "小红", "x" * 32),
    ],
)
def test_it_exports_what_the_filters_show(
    what: str, query: str, shown: str, hidden: str, operator: Client
) -> None:
    make_world()
    address = reverse(f"admin:{what}_export") + query
    body = b"".join(operator.get(address)).decode("utf-8-sig")
    assert shown in body
    assert hidden not in body


def test_the_list_leads_to_the_export_with_its_filters(operator: Client) -> None:
    make_world()
    page = operator.get(reverse("admin:contacts_contact_changelist") + "?q=2").content.decode()
    assert "/contacts/contact/export/?q=2" in page
