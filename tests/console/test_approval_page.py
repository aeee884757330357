"""Approval and rehearsal in the console: who sees and does what."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from campaigns.creation.variants import NewVariant, add_variants
from campaigns.models import Approval, ApprovalSettings, Campaign, CampaignRun
from campaigns.rehearsals import lifecycle
from campaigns.run_control.approve import approve
from campaigns.run_control.lifecycle import cancel_run, start_campaign
from campaigns.run_control.schedule import start_schedule
from sending.states import RunState
from tests.campaigns.factories import make_account, make_campaign, make_list

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis"), pytest.mark.slow]
APPROVER = ["approve_campaign", "view_campaign", "view_campaignrun"]
AUTHOR = [*APPROVER, "change_campaign", "add_campaign"]


def client_of(name: str, codenames: list[str]) -> Client:
    user, _ = User.objects.get_or_create(username=name, defaults={"is_staff": True})
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def campaign(db: None) -> Campaign:
    author = User.objects.create_user("author", is_staff=True)
    make_account(20_001, friends=range(100_000, 100_004))
    made = make_campaign(
        "spring",
        lists=[make_list("all", range(100_000, 100_004), city="")],
        text="您好 {{ city }}",
        needs_approval=True,
        created_by=author,
    )
    return Campaign.objects.get(pk=made.pk)


def url(name: str, campaign: Campaign, *more: str) -> str:
    return reverse(f"admin:campaigns_campaign_{name}", args=[campaign.pk, *more])


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_start_says_that_it_waits_for_an_approval(campaign: Campaign) -> None:
    author = client_of("author", ["view_campaign", "change_campaign"])
    words = "Nothing is sent yet: a second person approves it first."
    assert words in text_of(author, url("do", campaign, "start"))
    assert words in text_of(author, url("step", campaign, "check"))
    Campaign.objects.filter(pk=campaign.pk).update(needs_approval=False)
    assert words not in text_of(author, url("do", campaign, "start"))


def test_request_look_approve(campaign: Campaign) -> None:
    author, second = client_of("author", AUTHOR), client_of("second", APPROVER)
    assert "Nothing waits for an approval" in text_of(second, url("approval", campaign))
    answer = author.post(url("do", campaign, "start"), follow=True)
    assert "waits for an approval by a second person" in answer.content.decode()
    page = answer.content.decode()
    assert "Somebody else who may approve decides" in page
    # What is to be done stands out, not what ends it.
    [look] = re.findall(r'<a class="([^"]*)"[^>]*>[^\n]*Open approval', page)
    [cancel] = re.findall(r'<a class="([^"]*)"[^>]*>[^\n]*Cancel the run', page)
    assert ("q-main" in look, "q-main" in cancel) == (True, False)

    assert "waits for your approval" in text_of(second, "/")
    assert "waits for your approval" not in text_of(author, "/")
    html = text_of(second, url("approval", campaign))
    for words in ("您好 {{ city }}", "is empty for 4 people", "Never approved before", "Approve"):
        assert words in html
    own = text_of(author, url("approval", campaign))
    assert "they wrote it" in own
    assert "Send back" not in own

    request = Approval.objects.get()
    answer = second.post(
        url("decide", campaign, "approve"), {"hash": request.hash, "comment": "ok"}, follow=True
    )
    assert "is approved" in answer.content.decode()
    assert CampaignRun.objects.get().state == RunState.PREPARING
    assert "ok" in text_of(second, url("approval", campaign))


def test_each_text_has_the_name_of_its_variant(campaign: Campaign) -> None:
    Campaign.objects.update(text="")
    add_variants(
        campaign=campaign, variants=[NewVariant("短", 1, "hi"), NewVariant("长", 1, "good day")]
    )
    client_of("author", AUTHOR).post(url("do", campaign, "start"))
    html = text_of(client_of("second", APPROVER), url("approval", campaign))
    for name, text in (("短", "hi"), ("长", "good day")):
        assert f'{name}</p><div class="q-message">{text}</div>' in html


def test_what_changed_is_shown_field_by_field(campaign: Campaign) -> None:
    second = client_of("second", APPROVER)
    run = start_campaign(campaign=campaign)
    approve(campaign=campaign, by=User.objects.get(username="second"))
    cancel_run(run=run)
    Campaign.objects.update(text="您好！\n{{ city }}", promise="never-missed")
    start_campaign(campaign=Campaign.objects.get())
    html = text_of(second, url("approval", campaign))
    assert "<del>您好 {{ city }}</del>" in html
    assert "<ins>您好！</ins>" in html
    assert "never missed" in html
    Campaign.objects.update(text="third")
    html = text_of(second, url("approval", campaign))
    assert "cannot be approved any more" in html
    asked = Approval.objects.get(state="requested")
    answer = second.post(url("decide", campaign, "approve"), {"hash": asked.hash}, follow=True)
    assert "was changed since then" in answer.content.decode()
    page = text_of(client_of("author", AUTHOR), url("page", campaign))
    assert "Ask for the approval again" in page


@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_nobody_else_decides(campaign: Campaign, verb: str) -> None:
    start_campaign(campaign=campaign)
    decide = url("decide", campaign, verb)
    data = {"hash": Approval.objects.get().hash}
    viewer = client_of("viewer", ["view_campaign", "view_campaignrun", "change_campaign"])
    assert viewer.post(decide, data).status_code == 403
    assert "Decision" in text_of(viewer, url("approval", campaign))
    blind = client_of("blind", ["approve_campaign"])
    assert blind.post(decide, data).status_code == 403
    assert blind.get(url("approval", campaign)).status_code == 403
    author = client_of("author", AUTHOR)
    assert "they wrote it" in author.post(decide, data, follow=True).content.decode()
    second = client_of("second", APPROVER)
    assert second.get(decide).status_code == 302  # a link decides nothing
    assert Approval.objects.get().state == "requested"


def test_sent_back_with_a_comment(campaign: Campaign) -> None:
    start_campaign(campaign=campaign)
    second = client_of("second", APPROVER)
    second.post(url("decide", campaign, "reject"), {"comment": "<b>too long</b>"})
    page = text_of(client_of("author", AUTHOR), url("page", campaign))
    assert "&lt;b&gt;too long&lt;/b&gt;" in page
    assert "is not started" in text_of(client_of("author", AUTHOR), "/")
    assert url("do", campaign, "start") in page


def test_a_repeated_campaign(campaign: Campaign) -> None:
    Campaign.objects.update(repeat="daily@09:00")
    campaign.refresh_from_db()
    start_schedule(campaign=campaign)
    second = client_of("second", APPROVER)
    assert "waits for an approval of its rule" in text_of(second, url("approval", campaign))
    assert "The schedule waits for an approval" in text_of(second, url("page", campaign))
    second.post(url("decide", campaign, "approve"), {"hash": Approval.objects.get().hash})
    campaign.refresh_from_db()
    assert campaign.schedule_state == "on"


def test_rehearsing_on_the_preflight_page(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    author = client_of("author", AUTHOR)
    assert "Not rehearsed yet" in text_of(author, url("preflight", campaign))
    viewer = client_of("viewer", ["view_campaign", "view_campaignrun"])
    assert viewer.post(url("rehearsal", campaign, "start")).status_code == 403
    author.post(url("rehearsal", campaign, "start"))
    assert "is empty for 4 people" in text_of(author, url("preflight", campaign))
    monkeypatch.setattr(lifecycle, "AT_ONCE", 1)
    author.post(url("rehearsal", campaign, "start"))
    html = text_of(author, url("preflight", campaign))
    assert "It waits for the jobs worker" in html
    assert url("rehearsal_live", campaign) in html
    assert author.get(url("rehearsal_live", campaign)).status_code == 200
    author.post(url("rehearsal", campaign, "cancel"))
    assert author.get(url("rehearsal_live", campaign)).status_code == 286


def test_only_a_second_person_turns_it_off(campaign: Campaign) -> None:
    change = reverse("admin:campaigns_campaign_change", args=[campaign.pk])
    data = {
        "name": "spring",
        "text": "您好",
        "lists": [campaign.lists.get().pk],
        "timezone": "Asia/Shanghai",
        "promise": "never-twice",
        "on_lost_account": "fail",
        "late": "send",
        "sender": "keep",
        "order": "imported",
    }
    answer = client_of("author", AUTHOR).post(change, data)
    assert "Only a second person who may approve this campaign" in answer.content.decode()
    assert Campaign.objects.get().needs_approval is True
    client_of("second", [*AUTHOR, "view_contactlist"]).post(change, data)
    assert Campaign.objects.get().needs_approval is False


def test_the_approval_settings(db: None, operator: Client) -> None:
    answer = operator.get(reverse("admin:campaigns_approvalsettings_changelist"), follow=True)
    assert "every campaign needs approval" in answer.content.decode().lower()
    change = reverse("admin:campaigns_approvalsettings_change", args=[1])
    operator.post(change, {"is_required": "on"})
    row = ApprovalSettings.objects.get()
    assert row.is_required is True
    assert row.history.first().history_user.username == "op"
    stranger = client_of("viewer", ["view_campaign"])
    assert stranger.get(change).status_code == 403
    viewer = client_of("viewer", ["view_approvalsettings"])
    assert viewer.get(change).status_code == 200
    assert viewer.post(change, {}).status_code == 403
    assert ApprovalSettings.objects.get().is_required is True
