"""Resolving unknown deliveries: one on its own page, all of a campaign on the campaign's page."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from campaigns.models import CampaignRun
from sending.models import Delivery
from tests.console.sample_data import make_world


@pytest.fixture
def unknown(db: None) -> Delivery:
    """One of several unknown deliveries of an active run."""
    make_world(people=14)
    found: Delivery = Delivery.objects.filter(state="unknown").order_by("pk")[0]
    return found


def _page(delivery: Delivery) -> str:
    return reverse("admin:sending_delivery_change", args=[delivery.pk])


def _resolve(delivery: Delivery, verdict: str) -> str:
    return reverse("admin:sending_delivery_resolve", args=[delivery.pk, verdict])


@pytest.mark.parametrize(
    ("verdict", "state", "said"),
    [
        ("arrived", "sent", "1 delivery now counts as sent."),
        ("lost", "failed", "1 delivery now counts as failed."),
        ("again", "pending", "1 delivery will be sent again."),
    ],
)
def test_one_is_resolved_on_its_page(
    unknown: Delivery, operator: Client, verdict: str, state: str, said: str
) -> None:
    address = _resolve(unknown, verdict)
    assert address in operator.get(_page(unknown)).content.decode()
    assert operator.get(address).status_code == 200
    unknown.refresh_from_db()
    assert unknown.state == "unknown"  # opening the page changes nothing
    page = operator.post(address, follow=True).content.decode()
    assert said in page
    assert address not in page
    unknown.refresh_from_db()
    assert unknown.state == state
    assert Delivery.objects.filter(state="unknown").exists()  # the others are left alone
    assert "None of the selected deliveries is unknown." in (
        operator.post(address, follow=True).content.decode()
    )


def test_who_may_not_say_is_not_asked(unknown: Delivery, client: Client) -> None:
    viewer = User.objects.create_user("viewer", password="x", is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename="view_delivery"))
    client.force_login(viewer)
    page = client.get(_page(unknown)).content.decode()
    assert "It is unknown whether it arrived" in page
    assert "/resolve/" not in page
    assert client.post(_resolve(unknown, "arrived")).status_code == 403
    assert Delivery.objects.get(pk=unknown.pk).state == "unknown"


@pytest.mark.parametrize(
    ("verb", "state"),
    [("unknown-arrived", "sent"), ("unknown-lost", "failed"), ("retry-unknown", "pending")],
)
def test_all_of_a_run_are_resolved_on_the_campaigns_page(
    unknown: Delivery, operator: Client, verb: str, state: str
) -> None:
    CampaignRun.objects.update(state="finished")
    campaign = unknown.run.campaign_run.campaign_id
    page = reverse("admin:campaigns_campaign_page", args=[campaign])
    address = reverse("admin:campaigns_campaign_do", args=[campaign, verb])
    all_of_them = Delivery.objects.filter(state="unknown").count()
    assert f"{address}?run=1" in operator.get(page).content.decode()
    assert f"{all_of_them} deliveries" in operator.get(f"{address}?run=1").content.decode()
    before = Delivery.objects.filter(state=state).count()
    operator.post(f"{address}?run=1")
    assert Delivery.objects.filter(state=state).count() == before + all_of_them
    assert not Delivery.objects.filter(state="unknown").exists()
    assert address not in operator.get(page).content.decode()


def test_nothing_unknown_is_left_to_say(unknown: Delivery, operator: Client) -> None:
    address = reverse(
        "admin:campaigns_campaign_do",
        args=[unknown.run.campaign_run.campaign_id, "unknown-arrived"],
    )
    operator.post(address)
    again = operator.post(address, follow=True).content.decode()
    assert "This run no longer has unknown deliveries." in again
