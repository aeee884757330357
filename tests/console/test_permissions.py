"""Pages need a login, and each role sees and does only what its permissions allow."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from campaigns.models import CampaignRun
from sending.models import Delivery
from tests.console.sample_data import make_operator, make_world

# Permissions are checked in Python; other tests request these pages on both databases.
pytestmark = pytest.mark.one_database

PAGES = [
    "/",
    "/overview/live/",
    "/accounts/account/",
    "/accounts/account/upload/",
    "/campaigns/campaign/1/page/",
    "/campaigns/campaign/1/live/",
    "/campaigns/campaign/1/preflight/",
    "/campaigns/campaign/1/report/csv/",
    "/campaigns/campaign/1/do/pause/",
    "/contacts/contactimport/upload/",
]


@pytest.mark.parametrize("address", PAGES)
def test_a_stranger_is_sent_to_the_sign_in(address: str, db: None, client: Client) -> None:
    answer = client.get(address)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/")


@pytest.fixture
def viewer(db: None, client: Client) -> Client:
    """A client that may only view campaigns, runs and deliveries."""
    user = User.objects.create_user("viewer", password="x", is_staff=True)
    names = ["view_campaign", "view_campaignrun", "view_delivery"]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)
    return client


def test_a_viewer_sees_and_cannot_act(viewer: Client) -> None:
    campaign = make_world()
    page = reverse("admin:campaigns_campaign_page", args=[campaign.pk])
    html = viewer.get(page).content.decode()
    assert "Pause" not in html
    for verb in ["pause", "cancel", "start"]:
        address = reverse("admin:campaigns_campaign_do", args=[campaign.pk, verb])
        assert viewer.get(address).status_code == 403
        assert viewer.post(address).status_code == 403
    assert CampaignRun.objects.get().state == "running"


def test_a_viewer_cannot_resolve(viewer: Client) -> None:
    make_world()
    unknown = Delivery.objects.filter(state="unknown")
    address = reverse("admin:sending_delivery_changelist")
    chosen = list(unknown.values_list("pk", flat=True))
    viewer.post(address, {"action": "say_arrived", "_selected_action": chosen})
    assert unknown.count() == len(chosen)


@pytest.mark.parametrize(
    "address",
    ["/accounts/account/", "/accounts/account/upload/", "/contacts/contactimport/upload/"],
)
def test_a_viewer_may_not_see_the_rest(address: str, viewer: Client) -> None:
    answer = viewer.get(address)
    assert answer.status_code == 403
    assert "needs the role" in answer.content.decode()


def test_the_front_page_shows_a_viewer_no_accounts(viewer: Client) -> None:
    make_world()
    page = viewer.get("/").content.decode()
    assert "双十一" in page
    assert "/accounts/account/?state__exact" not in page


def test_the_sign_in_page_itself_leads_to_the_front_page(db: None, client: Client) -> None:
    make_operator()
    answer = client.post("/login/", {"username": "op", "password": "op"})
    assert answer["Location"] == "/"
