"""The pages of notifications: own settings, those of a campaign, the list, and who may do what."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from campaigns.models import (
    Campaign,
    CampaignNotifications,
    Notification,
    UserNotifications,
)
from campaigns.notification_states import NotificationEvent
from clocks import shared
from tests.campaigns.factories import make_campaign
from tests.commandline import manage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]
OWN = "/campaigns/notification/own/"
LIST = "/campaigns/notification/"


@pytest.fixture
def campaign(db: None) -> Campaign:
    return make_campaign("spring")


@pytest.fixture
def viewer(db: None, client: Client) -> Client:
    user = User.objects.create_user("viewer", password="x", is_staff=True)
    names = ["view_campaign", "view_notification"]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)
    return client


def page(campaign: Campaign) -> str:
    return reverse("admin:campaigns_campaign_notifications", args=[campaign.pk])


def make_failed(campaign: Campaign, **columns: Any) -> Notification:
    return Notification.objects.create(
        **{
            "event": "finished", "subject": "run:1", "campaign": campaign, "target_kind": "webhook",
            "target": "https://example.com/secret-path", "at": shared.wall(), "sentence": "It is.",
            "state": "failed", "tries": 10, "next_at": shared.wall(), "last_error": "No.",
            **columns,
        }
    )  # fmt: skip


def test_an_operator_sets_their_own(operator: Client) -> None:
    html = operator.get(OWN).content.decode()
    assert "E-mail is off" in html
    assert OWN in operator.get("/").content.decode()
    data = {"events": ["finished", "late"], "address": "op@example.com", "language": "zh-hans"}
    assert operator.post(OWN, data).status_code == 302
    row = UserNotifications.objects.get()
    assert (row.events, row.address, row.language) == (
        ["finished", "late"], "op@example.com", "zh-hans",
    )  # fmt: skip
    answer = operator.post(OWN, {**data, "address": ""})
    assert answer.status_code == 200
    assert "is not an e-mail address" in answer.content.decode()
    operator.post(OWN, {"events": [], "address": "", "language": "en"})
    assert UserNotifications.objects.get().events == []


def test_a_viewer_sets_their_own_and_nothing_else(viewer: Client, campaign: Campaign) -> None:
    data = {"events": ["finished"], "address": "v@example.com", "language": "en"}
    assert viewer.post(OWN, data).status_code == 302
    assert UserNotifications.objects.get().user.username == "viewer"
    html = viewer.get(page(campaign)).content.decode()
    assert 'name="addresses"' not in html
    assert viewer.post(page(campaign), form()).status_code == 403
    assert not CampaignNotifications.objects.exists()


def test_a_viewer_sees_the_list_and_sends_nothing_again(viewer: Client, campaign: Campaign) -> None:
    row = make_failed(campaign)
    html = viewer.get(LIST).content.decode()
    assert "example.com" in html
    assert "secret-path" not in html
    viewer.post(LIST, {"action": "retry", "_selected_action": [row.pk]})
    assert Notification.objects.get().state == "failed"
    assert viewer.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_who_may_not_see_campaigns_sees_no_page(client: Client, campaign: Campaign) -> None:
    client.force_login(User.objects.create_user("none", password="x", is_staff=True))
    assert client.get(LIST).status_code == 403
    assert client.get(page(campaign)).status_code == 403
    assert client.get(OWN).status_code == 200
    client.logout()
    assert client.get(OWN).status_code == 302


def test_failed_ones_are_sent_again(operator: Client, campaign: Campaign) -> None:
    row = make_failed(campaign)
    make_failed(campaign, subject="run:2", state="sent")
    chosen = list(Notification.objects.values_list("pk", flat=True))
    said = operator.post(LIST, {"action": "retry", "_selected_action": chosen}, follow=True)
    assert "1 notification is sent again." in said.content.decode()
    row.refresh_from_db()
    assert (row.state, row.tries, row.last_error) == ("queued", 0, "")


def form(**fields: Any) -> dict[str, Any]:
    return {
        "events": NotificationEvent.values, "addresses": "a@b.example\nc@d.example",
        "webhook_url": "", "webhook_secret": "", "bad_share": 15, "seen": "", **fields,
    }  # fmt: skip


def test_a_campaigns_page_stores_and_shows_a_made_secret_once(
    operator: Client, campaign: Campaign
) -> None:
    data = form(webhook_url="https://example.com/hook")
    said = operator.post(page(campaign), data, follow=True).content.decode()
    row = CampaignNotifications.objects.get()
    assert (row.addresses, row.bad_share) == (["a@b.example", "c@d.example"], 15)
    assert len(row.webhook_secret) > 30
    assert row.webhook_secret in said
    assert row.webhook_secret not in operator.get(page(campaign)).content.decode()
    assert row.history.get().history_user.username == "op"
    seen = re.search(r'name="seen" value="([^"]+)"', operator.get(page(campaign)).content.decode())
    assert seen is not None
    operator.post(page(campaign), form(seen=seen[1], webhook_url="https://example.com/other"))
    after = CampaignNotifications.objects.get()
    assert (after.webhook_url, after.webhook_secret) == (
        "https://example.com/other", row.webhook_secret,
    )  # fmt: skip


def test_two_operators_who_edit_at_once_are_told(operator: Client, campaign: Campaign) -> None:
    operator.post(page(campaign), form())
    said = operator.post(page(campaign), form(addresses="late@example.com"))
    assert "Somebody else changed these settings meanwhile" in said.content.decode()
    assert CampaignNotifications.objects.get().addresses == ["a@b.example", "c@d.example"]


def test_wrong_values_are_shown_at_their_field(operator: Client, campaign: Campaign) -> None:
    said = operator.post(page(campaign), form(webhook_url="http://127.0.0.1/"))
    assert "not an address on the Internet" in str(said.context["form"].errors["webhook_url"])
    said = operator.post(page(campaign), form(addresses="x" * 300))
    assert "is not an e-mail address" in str(said.context["form"].errors["addresses"])
    assert not CampaignNotifications.objects.exists()


def test_the_command_does_the_same(campaign: Campaign) -> None:
    User.objects.create_superuser("op", "op@example.com", "op")
    said = manage("notifications", "user", "op", "--event", "finished", "--json").json
    assert said == {
        "user": "op", "events": ["finished"], "address": "op@example.com", "language": "",
    }  # fmt: skip
    assert manage("notifications", "user", "op", "--off", "--json").json["events"] == []
    said = manage("notifications", "campaign", "spring", "--to", "a@b.example",
                  "--webhook", "https://example.com/x", "--json").json  # fmt: skip
    assert said["events"] == NotificationEvent.values
    assert (said["addresses"], said["has_secret"]) == (["a@b.example"], True)
    assert len(said["secret"]) > 30
    assert "secret" not in manage("notifications", "campaign", "spring", "--json").json
    refused = manage("notifications", "campaign", "spring", "--bad-share", 0, "--json")
    assert (refused.status, refused.json["error"]) == (1, "bad_share")
    assert manage("notifications", "campaign", "moon", "--json").json["error"] == "campaign_unknown"


def test_the_command_lists_and_retries(campaign: Campaign) -> None:
    first = make_failed(campaign)
    make_failed(campaign, subject="run:2")
    said = manage("notifications", "list", "--json").json
    assert [one["state"] for one in said["items"]] == ["failed", "failed"]
    assert said["items"][0]["target"] == "https://example.com/…"
    assert (said["email"], said["next"]) == (False, None)
    page_one = manage("notifications", "list", "--limit", 1, "--json").json
    rest = manage("notifications", "list", "--after", page_one["next"], "--json").json
    assert [one["id"] for one in rest["items"]] == [str(first.key)]
    assert "It is." not in manage("notifications", "list").out
    assert manage("notifications", "retry", first.key, "--json").json == {"retried": 1}
    assert manage("notifications", "retry", "--campaign", "spring", "--json").json["retried"] == 1
    nothing = manage("notifications", "retry", "--json")
    assert (nothing.status, nothing.json["error"]) == (1, "nothing_to_retry")
    wrong = manage("notifications", "retry", "moon", "--json")
    assert (wrong.status, wrong.json["error"]) == (1, "notification_unknown")
