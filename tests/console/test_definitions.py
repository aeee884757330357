"""Cloning a campaign in the console, and moving its definition by file."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from campaigns.models import Campaign
from tests.campaigns.factories import make_campaign, make_list

IMPORT = "/campaigns/campaign/import/"


@pytest.fixture
def campaign(db: None) -> Campaign:
    """A campaign with a list."""
    return make_campaign("春节", lists=[make_list("VIP", [100_001])], text="你好 {{ name }}")


def _upload(client: Client, data: bytes, **fields: Any) -> str:
    file = SimpleUploadedFile("campaign.yaml", data)
    return client.post(IMPORT, {"file": file, **fields}, follow=True).content.decode()


def test_a_clone_has_a_suggested_name(campaign: Campaign, operator: Client) -> None:
    page = reverse("admin:campaigns_campaign_page", args=[campaign.pk])
    address = reverse("admin:campaigns_campaign_clone", args=[campaign.pk])
    assert address in operator.get(page).content.decode()
    assert "春节 (2)" in operator.get(address).content.decode()
    assert Campaign.objects.count() == 1
    assert "already" in operator.post(address, {"name": "春节"}).content.decode()
    assert "was created" in operator.post(address, {"name": "夏"}, follow=True).content.decode()
    assert Campaign.objects.get(name="夏").text == campaign.text


def test_a_definition_goes_down_and_up(campaign: Campaign, operator: Client) -> None:
    answer = operator.get(reverse("admin:campaigns_campaign_definition", args=[campaign.pk]))
    assert answer["Content-Disposition"].startswith("attachment")
    assert IMPORT.strip("/").split("/")[-1] in operator.get(IMPORT).content.decode()
    assert "Line 2:" in _upload(operator, answer.content)
    assert "was created" in _upload(operator, answer.content, name="夏")
    assert Campaign.objects.get(name="夏").lists.get().name == "VIP"
    wrong = _upload(operator, answer.content.replace(b"VIP", b"VOP"), name="秋")
    assert "There is no list" in wrong
    assert "Nothing was created." in wrong
    assert Campaign.objects.count() == 2


def test_a_viewer_downloads_and_creates_nothing(campaign: Campaign, client: Client) -> None:
    user = User.objects.create_user("viewer", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_campaign"))
    client.force_login(user)
    definition = reverse("admin:campaigns_campaign_definition", args=[campaign.pk])
    clone = reverse("admin:campaigns_campaign_clone", args=[campaign.pk])
    answer = client.get(definition)
    assert answer.status_code == 200
    assert client.get(clone).status_code == 403
    assert client.post(clone, {"name": "夏"}).status_code == 403
    assert client.get(IMPORT).status_code == 403
    file = SimpleUploadedFile("campaign.yaml", answer.content)
    assert client.post(IMPORT, {"file": file, "name": "夏"}).status_code == 403
    assert Campaign.objects.count() == 1
