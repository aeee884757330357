"""Replies and opt-outs on a campaign's page: as they come, newest first, one query a tick."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import InboundMessage
from campaigns.models import Campaign
from campaigns.reports.latest_replies import SHOWN, latest_replies
from conversations.models import Conversation
from sending.models import Delivery, OptOut, Reply
from tests.console.sample_data import make_world


@pytest.fixture
def campaign(db: None) -> Campaign:
    """A campaign with a run under way."""
    return make_world(people=14)


def _reply(n: int, text: str, *, opts: str = "") -> Any:
    """Have somebody reply."""
    delivery: Any = Delivery.objects.filter(state="sent").order_by("pk")[0]
    at = timezone.now() + timedelta(minutes=n)
    message = InboundMessage.objects.create(
        account=delivery.account, uin=delivery.uin, text=text, received_at=at
    )
    if opts:
        OptOut.objects.create(
            message=message, uin=delivery.uin, account=delivery.account, word="TD",
            direction=opts, at=at,
        )  # fmt: skip
    return Reply.objects.create(message=message, delivery=delivery, run=delivery.run, at=at)


def _live(client: Client, campaign: Campaign) -> str:
    address = reverse("admin:campaigns_campaign_live", args=[campaign.pk])
    return client.get(address).content.decode()


def _said(page: str) -> list[str]:
    return re.findall(r'<span class="q-reply-said">(.*?)</span>', page, re.DOTALL)


def test_the_newest_come_first_and_lead_to_conversation_and_story(
    operator: Client, campaign: Campaign
) -> None:
    assert "Nobody has replied yet." in _live(operator, campaign)
    first, last = _reply(1, "<b>谢谢</b>"), _reply(2, "TD", opts="out")
    conversation = Conversation.objects.create(
        account=first.delivery.account, uin=first.delivery.uin, last_message_at=last.at
    )
    page = _live(operator, campaign)
    assert _said(page) == ["TD", "&lt;b&gt;谢谢&lt;/b&gt;"]
    assert page.count("opted out</span>") == 1
    assert reverse("admin:conversations_conversation_change", args=[conversation.pk]) in page
    assert reverse("admin:sending_delivery_change", args=[first.delivery_id]) in page


def test_what_was_undone_or_erased_is_said(operator: Client, campaign: Campaign) -> None:
    _reply(1, "TD", opts="out")
    OptOut.objects.update(undone_at=timezone.now())
    gone = _reply(2, "好")
    Reply.objects.filter(pk=gone.pk).update(message=None)
    page = _live(operator, campaign)
    assert "opt-out, undone" in page
    assert "The reply was erased." in page
    assert "好" not in page


def test_many_replies_are_one_query_and_a_short_list(campaign: Campaign) -> None:
    for n in range(SHOWN + 4):
        _reply(n, str(n), opts="in" if n % 2 else "out")
    run = campaign.runs.get()
    with CaptureQueriesContext(connection) as asked:
        found = latest_replies(run)
    assert len(asked) == 1
    assert [one.text for one in found] == [str(n) for n in range(SHOWN + 3, 3, -1)]


def test_texts_are_for_those_who_may_read_conversations(
    client: Client, operator: Client, campaign: Campaign
) -> None:
    _reply(1, "秘密")
    assert "秘密" in _live(operator, campaign)
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename="view_campaign"))
    client.force_login(viewer)
    page = _live(client, campaign)
    assert "秘密" not in page
    assert "Replies and opt-outs" not in page
