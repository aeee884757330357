"""Numbers in forms and lists are shown as people write them."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account, Egress
from campaigns.models import Campaign
from foundation.admin.plain_numbers import PlainNumberWidget, shown_number
from tests.campaigns.factories import make_account, make_campaign

NUMBER = re.compile(r'<input[^>]* name="([a-z_]+)"[^>]* value="(\d+\.\d*0)"')


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (7.0, "7"),
        (2.5, "2.5"),
        (0.0, "0"),
        (100.0, "100"),
        (1e-05, "0.00001"),
        (Decimal("10.0"), "10"),
        (Decimal("0.5"), "0.5"),
        ("7.0", "7.0"),  # as it was typed
        (None, None),
    ],
)
def test_a_number_in_a_form(value: object, shown: str | None) -> None:
    assert PlainNumberWidget().format_value(value) == shown


def test_a_number_in_a_list() -> None:
    assert [shown_number(value) for value in (7.0, 2.5, 0.333)] == ["7", "2.5", "0.33"]


@pytest.mark.django_db
@pytest.mark.usefixtures("clean_redis")
def test_forms_show_no_needless_places(operator: Client) -> None:
    account = make_account(20_001)
    campaign = make_campaign("spring")
    Account.objects.update(min_interval=7)
    Campaign.objects.update(cap_days=7, cap_most=2, holdout=10)
    egress = Egress.objects.create(name="south", per_second=4)
    for row in (account, campaign, egress):
        name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
        page = operator.get(reverse(name, args=[row.pk])).content.decode()
        assert NUMBER.findall(page) == [], name
    listed = operator.get(reverse("admin:accounts_egress_changelist")).content.decode()
    assert ">4<" in re.sub(r"\s", "", listed)
