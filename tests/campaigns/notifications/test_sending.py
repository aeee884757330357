"""Notifications leave by real mail and web servers, at least once, and give up in the end."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from campaigns.creation.notification_choice import CampaignChoice
from campaigns.models import Campaign, Notification
from campaigns.notifications.choose import choose_for_campaign, choose_for_user
from campaigns.notifications.make import make_notifications
from campaigns.notifications.retry import retry_notifications
from campaigns.notifications.send import PAUSES, send_due
from contacts.models import Contact
from foundation.refusals import Refusal
from sending.runs.transitions import change_run_state
from sending.states import RunState
from tests.campaigns.factories import make_delivery, make_list, make_run
from tests.campaigns.notifications.conftest import SECRET, Time, hook
from tests.campaigns.notifications.servers import Server, text_of

pytestmark = pytest.mark.django_db


def finish(campaign: Campaign) -> None:
    """Finish a run of two messages: one was sent, one failed."""
    make_list("all", [100_000, 100_001])
    run = make_run(campaign)
    for contact, state in zip(Contact.objects.order_by("pk"), ("sent", "failed"), strict=True):
        make_delivery(run, contact, state=state)
    change_run_state(run_id=run.pk, to=RunState.FINISHED)


def test_an_operator_gets_an_email_with_the_figures(
    campaign: Campaign, operator: User, mail_server: Server, settings: Any
) -> None:
    settings.CONSOLE_URL = "https://console.example.com/"
    choose_for_user(user=operator, events=["finished"], address="op@example.com")
    finish(campaign)
    assert make_notifications() == 1
    assert make_notifications() == 0
    assert send_due() == 1
    assert send_due() == 0
    [message] = mail_server.taken
    row = Notification.objects.get()
    assert (row.state, row.tries) == ("sent", 1)
    assert message["To"] == "op@example.com"
    assert message["Subject"] == "spring: A campaign is finished"
    assert message["X-Qqcampaign-Id"] == str(row.key)
    text = text_of(message)
    assert "spring #1 is finished: 1 sent, 1 failed, 0 skipped" in text
    assert f"https://console.example.com/campaigns/campaign/{campaign.pk}/page/?run=1" in text


def test_an_operator_reads_their_own_language(
    campaign: Campaign, operator: User, mail_server: Server
) -> None:
    choose_for_user(user=operator, events=["finished"], address="a@b.example", language="zh-hans")
    finish(campaign)
    make_notifications()
    send_due()
    assert "已完成" in text_of(mail_server.taken[0])


def test_a_webhook_gets_signed_json(campaign: Campaign, web_server: Server) -> None:
    hook(campaign, web_server)
    finish(campaign)
    make_notifications()
    assert send_due() == 1
    [(headers, body)] = web_server.taken
    expected = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert headers["X-Qqcampaign-Signature"] == f"sha256={expected}"
    said = json.loads(body)
    assert (said["event"], said["campaign"], said["run"]) == ("finished", "spring", 1)
    assert (said["data"]["sent"], said["data"]["failed"], said["data"]["targeted"]) == (1, 1, 2)
    assert said["id"] == str(Notification.objects.get().key) == headers["X-Qqcampaign-Id"]


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 500])
def test_another_answer_is_no_success_and_a_redirect_is_not_followed(
    status: int, campaign: Campaign, web_server: Server
) -> None:
    hook(campaign, web_server)
    finish(campaign)
    make_notifications()
    web_server.answer = status
    assert send_due() == 0
    row = Notification.objects.get()
    assert (row.state, row.tries, len(web_server.taken)) == ("queued", 1, 1)
    assert str(status) in row.last_error


def test_pauses_grow_and_end(campaign: Campaign, web_server: Server, time: Time) -> None:
    hook(campaign, web_server)
    finish(campaign)
    make_notifications()
    web_server.answer = 503
    for tries, pause in enumerate(PAUSES, start=1):
        send_due()
        assert Notification.objects.get().tries == len(web_server.taken) == tries
        time.ahead += timedelta(seconds=pause - 5)
        send_due()
        assert len(web_server.taken) == tries
        time.ahead += timedelta(seconds=10)
    send_due()
    row = Notification.objects.get()
    assert (row.state, row.tries) == ("failed", 10)
    assert "tried 10 times" in row.last_error
    time.ahead += timedelta(days=30)
    send_due()
    assert len(web_server.taken) == 10
    web_server.answer = None
    assert retry_notifications(notifications=Notification.objects.all()) == 1
    assert send_due() == 1
    assert len({json.loads(body)["id"] for _headers, body in web_server.taken}) == 1
    assert len({body for _headers, body in web_server.taken}) == 1
    with pytest.raises(Refusal, match="nothing to retry"):
        retry_notifications(notifications=Notification.objects.all())


def test_a_mail_server_that_refuses_is_asked_again(
    campaign: Campaign, operator: User, mail_server: Server, time: Time
) -> None:
    choose_for_user(user=operator, events=["finished"], address="op@example.com")
    finish(campaign)
    make_notifications()
    mail_server.answer = "451 later"
    assert send_due() == 0
    assert "451" in Notification.objects.get().last_error
    mail_server.answer = None
    time.ahead += timedelta(seconds=PAUSES[0] + 1)
    assert send_due() == 1


def test_email_that_is_off_fails_with_a_sentence(campaign: Campaign, operator: User) -> None:
    choose_for_user(user=operator, events=["finished"], address="op@example.com")
    finish(campaign)
    make_notifications()
    send_due()
    row = Notification.objects.get()
    assert row.state == "failed"
    assert "EMAIL_URL" in row.last_error


def test_a_server_that_drips_is_cut(campaign: Campaign, web_server: Server) -> None:
    """Each byte resets the timeout of the socket; the whole has one of its own."""
    hook(campaign, web_server)
    finish(campaign)
    make_notifications()
    web_server.drip = 0.05  # 50 s for its whole answer
    assert send_due() == 0
    row = Notification.objects.get()
    assert (row.state, row.tries, len(web_server.taken)) == ("queued", 1, 1)


def test_one_that_fails_does_not_hold_up_the_others(
    campaign: Campaign, operator: User, mail_server: Server, web_server: Server
) -> None:
    hook(campaign, web_server, addresses=["one@example.com"])
    choose_for_user(user=operator, events=["finished"], address="op@example.com")
    finish(campaign)
    web_server.answer = 500
    assert make_notifications() == 3
    assert send_due() == 2
    assert {message["To"] for message in mail_server.taken} == {
        "one@example.com", "op@example.com",
    }  # fmt: skip


def test_who_was_removed_or_may_not_know_is_not_told(
    campaign: Campaign, operator: User, mail_server: Server
) -> None:
    choose_for_campaign(
        campaign=campaign, choice=CampaignChoice(["finished"], addresses=["one@example.com"])
    )
    choose_for_user(user=operator, events=["finished"], address="op@example.com")
    finish(campaign)
    assert make_notifications() == 2
    choose_for_campaign(campaign=campaign, choice=CampaignChoice(["finished"]))
    operator.is_active = False
    operator.save()
    assert send_due() == 0
    assert mail_server.taken == []
    assert set(Notification.objects.values_list("state", flat=True)) == {"failed"}
