"""Retrying from the console: some of a run's failed deliveries, and a selection in the list."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from sending.models import Delivery
from tests.console.sample_data import make_world

pytestmark = pytest.mark.usefixtures("clean_redis")


def _retry(campaign: Any, **query: Any) -> str:
    page = reverse("admin:campaigns_campaign_retry", args=[campaign.pk])
    return page + "?" + "&".join(f"{name}={value}" for name, value in {"run": 1, **query}.items())


def test_the_page_counts_and_then_retries_one_reason(operator: Client) -> None:
    campaign = make_world(people=40)
    failed = Delivery.objects.filter(state="failed").order_by("pk")
    chosen = failed.filter(reason=failed[0].reason, account=failed[0].account)
    wanted = set(chosen.values_list("pk", flat=True))
    address = _retry(campaign, reason=failed[0].reason, account=failed[0].account_id)
    page = operator.get(reverse("admin:campaigns_campaign_page", args=[campaign.pk]))
    assert _retry(campaign) in page.content.decode()
    before = set(Delivery.objects.filter(state="pending").values_list("pk", flat=True))
    assert f"{len(wanted)} deliver" in operator.get(address).content.decode()
    assert chosen.count() == len(wanted)  # counting changes nothing
    answer = operator.post(address, follow=True)
    assert "will be retried" in answer.content.decode()
    after = set(Delivery.objects.filter(state="pending").values_list("pk", flat=True))
    assert after - before == wanted
    again = operator.post(address, follow=True).content.decode()
    assert "No delivery fits this choice." in again or "nothing to retry" in again


def test_a_selection_says_what_it_holds_and_retries_the_failed(operator: Client) -> None:
    make_world(people=40)
    address = reverse("admin:sending_delivery_changelist")
    chosen = [
        Delivery.objects.filter(state=state).order_by("pk")[0].pk
        for state in ("failed", "sent", "unknown", "skipped")
    ]
    post = {"action": "retry_selected", "_selected_action": chosen}
    asked = operator.post(address, post).content.decode()
    for sentence in (
        "1 failed delivery will be sent again.",
        "1 was sent already",
        "1 of the selected deliveries arrived",
        "1 is still open, skipped or cancelled",
    ):
        assert sentence in asked
    assert Delivery.objects.get(pk=chosen[0]).state == "failed"
    operator.post(address, {**post, "is_confirmed": "1"})
    assert [Delivery.objects.get(pk=pk).state for pk in chosen] == [
        "pending",
        "sent",
        "unknown",
        "skipped",
    ]
    operator.post(address, {**post, "is_confirmed": "1", "has_unknown": "on"})
    assert Delivery.objects.get(pk=chosen[2]).state == "pending"


def test_a_viewer_retries_nothing(client: Client, db: None) -> None:
    campaign = make_world(people=40)
    user = User.objects.create_user("viewer", password="x", is_staff=True)
    names = ["view_campaign", "view_campaignrun", "view_delivery"]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)
    failed = list(Delivery.objects.filter(state="failed").values_list("pk", flat=True))
    assert client.get(_retry(campaign)).status_code == 403
    assert client.post(_retry(campaign)).status_code == 403
    address = reverse("admin:sending_delivery_changelist")
    post = {"action": "retry_selected", "is_confirmed": "1", "_selected_action": failed}
    client.post(address, post)
    assert Delivery.objects.filter(state="failed").count() == len(failed)
