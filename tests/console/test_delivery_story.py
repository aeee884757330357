"""The story of a delivery: on its page and in the panel, with what was tried, decided and said."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, InboundMessage
from conversations.models import Conversation
from sending.models import Attempt, Delivery, OptOut, Reply
from tests.console.sample_data import FIRST_UIN, make_world


@pytest.fixture
def world(operator: Client) -> Client:
    """A client of an operator, in a world with deliveries in every state."""
    make_world(people=14)
    return operator


def _one(state: str) -> Any:
    found: Any = Delivery.objects.filter(state=state).order_by("pk")[0]
    return found


def _address(delivery: Any, page: str = "story", **query: str) -> str:
    address = reverse(f"admin:sending_delivery_{page}", args=[delivery.pk])
    return f"{address}?{urlencode(query)}" if query else address


def _text(client: Client, address: str) -> str:
    """Return the words of a page."""
    page = client.get(address).content.decode()
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def _attempts(delivery: Any, *codes: str, replays: int = 0) -> None:
    """Put these attempts in the place of the delivery's own: one a minute, each answered in 2 s."""
    delivery.attempts.all().delete()
    begin = timezone.now() - timedelta(minutes=30)
    for n, res in enumerate(codes):
        at = begin + timedelta(minutes=n)
        Attempt.objects.create(
            delivery=delivery, account=delivery.account, seq=900_000 + n, res=res, replays=replays,
            marked_at=at, finished_at=at + timedelta(seconds=2) if res else None,
        )  # fmt: skip
    Delivery.objects.filter(pk=delivery.pk).update(attempt_count=len(codes), last_res=codes[-1])


def test_each_attempt_is_told_with_its_code_and_what_followed(world: Client) -> None:
    sent = _one("sent")
    _attempts(sent, "3", "timeout", "0", replays=2)
    told = _text(world, _address(sent))
    for n, words in enumerate(
        ("3: too fast, the account rests", "timeout: no answer in time", "0: accepted"), start=1
    ):
        assert f"Attempt {n}" in told
        assert f"SEQ {899_999 + n}" in told
        assert words in told
    assert "Answered after 2.0 s." in told
    assert "The same request was repeated 2 times under its SEQ" in told
    assert told.count("Tried again 58 s later, under a new SEQ.") == 2
    assert told.count("It counts as sent.") == 1


def test_what_an_operator_or_another_account_did_is_told(world: Client) -> None:
    sent = _one("sent")
    _attempts(sent, "5", "3", "0")
    Delivery.objects.filter(pk=sent.pk).update(counted_from=1)
    other = Account.objects.exclude(pk=sent.account_id)[0]
    sent.attempts.filter(seq=900_002).update(account=other)
    told = _text(world, _address(sent))
    assert "An operator had it sent again." in told
    assert f"Tried again by account {other}." in told


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("failed", "It is not tried again: it counts as failed."),
        ("unknown", "It is not tried again: whether it arrived is unknown."),
        ("sending", "The answer is awaited."),
        ("pending", "It will be tried again in its turn."),
        ("cancelled", "It is not tried again."),
    ],
)
def test_the_last_attempt_says_what_was_decided(world: Client, state: str, said: str) -> None:
    delivery = _one(state)
    _attempts(delivery, "3")
    assert said in _text(world, _address(delivery))


def test_a_pause_before_the_next_attempt_is_dated(world: Client) -> None:
    pending = _one("pending")
    _attempts(pending, "3")
    Delivery.objects.filter(pk=pending.pk).update(not_before=timezone.now() + timedelta(hours=1))
    assert "It will be tried again at " in _text(world, _address(pending))


def test_a_skipped_one_says_why_and_by_which_suppression(world: Client) -> None:
    skipped = Delivery.objects.get(uin=FIRST_UIN)
    Delivery.objects.filter(pk=skipped.pk).update(state="skipped", reason="suppressed")
    told = _text(world, _address(skipped))
    assert "Lift the suppression only at their own request." in told
    assert "(退订)" in told
    assert "It was left out before anything was sent." in told


@pytest.mark.parametrize("is_undone", [False, True])
def test_the_reply_and_the_opt_out_that_followed_are_told(world: Client, is_undone: bool) -> None:
    sent = _one("sent")
    now = timezone.now()
    for n, text in enumerate(("谢谢", "TD")):
        message = InboundMessage.objects.create(
            account=sent.account, uin=sent.uin, text=text, received_at=now + timedelta(minutes=n)
        )
        Reply.objects.create(message=message, delivery=sent, run=sent.run, at=message.received_at)
    OptOut.objects.create(
        message=message, uin=sent.uin, account=sent.account, word="TD", direction="out", at=now,
        undone_at=now if is_undone else None,
    )  # fmt: skip
    told = _text(world, _address(sent))
    assert told.index("谢谢") < told.index("TD")
    assert ("opt-out, undone" if is_undone else "opted out") in told
    assert ("This was undone." in told) == is_undone
    assert "The person replied" in told
    assert "The person opted out" in told


def test_an_operators_decision_is_told_with_the_name(world: Client) -> None:
    unknown = _one("unknown")
    world.post(reverse("admin:sending_delivery_resolve", args=[unknown.pk, "arrived"]))
    assert "op: unknown → sent" in _text(world, _address(unknown))


def test_the_page_works_without_the_panel(world: Client) -> None:
    sent = _one("sent")
    page = world.get(_address(sent, "change"))
    assert page.status_code == 200
    assert 'id="story"' in page.content.decode()
    assert reverse("admin:sending_delivery_history", args=[sent.pk]) in page.content.decode()
    assert world.get("/sending/delivery/99999/change/").status_code == 302
    assert world.get("/sending/delivery/99999/story/").status_code == 404
    assert world.get("/sending/delivery/x/change/").status_code == 302


def test_only_an_open_one_asks_for_news_and_only_news_are_sent(world: Client) -> None:
    assert "hx-trigger" not in world.get(_address(_one("sent"))).content.decode()
    pending = _one("pending")
    page = world.get(_address(pending, back="/sending/delivery/")).content.decode()
    again = unescape(re.findall(r'hx-get="([^"]+)"', page)[0])
    assert world.get(again).status_code == 204
    Delivery.objects.filter(pk=pending.pk).update(state="cancelled")
    answer = world.get(again)
    assert answer.status_code == 200
    assert "hx-trigger" not in answer.content.decode()


def test_a_failed_one_is_retried_and_one_is_back_where_one_was(world: Client) -> None:
    failed = _one("failed")
    back = "/sending/delivery/?state__exact=failed"
    page = world.get(_address(failed, back=back)).content.decode()
    links = [unescape(link) for link in re.findall(r'href="([^"]+/resolve/[^"]+)"', page)]
    assert len(links) == 1
    assert "/resolve/retry/" in links[0]
    assert world.get(links[0]).status_code == 200
    failed.refresh_from_db()
    assert failed.state == "failed"  # opening the page changes nothing
    answer = world.post(links[0])
    assert answer.headers["Location"] == f"{back}#delivery-{failed.pk}"
    failed.refresh_from_db()
    assert failed.state == "pending"
    refused = world.post(links[0], follow=True).content.decode()
    assert "there is nothing to retry" in refused


@pytest.mark.parametrize(
    "back", ["//elsewhere.example/", "https://elsewhere.example/", "javascript:x", "nowhere"]
)
def test_one_is_sent_back_to_no_other_site(world: Client, back: str) -> None:
    failed = _one("failed")
    assert "elsewhere" not in world.get(_address(failed, back=back)).content.decode()
    resolve = reverse("admin:sending_delivery_resolve", args=[failed.pk, "retry"])
    answer = world.post(f"{resolve}?{urlencode({'back': back})}")
    assert answer.headers["Location"] == _address(failed, "change")


def test_who_only_looks_is_offered_nothing(world: Client, client: Client) -> None:
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename="view_delivery"))
    client.force_login(viewer)
    for state in ("failed", "unknown", "sent"):
        page = client.get(_address(_one(state))).content.decode()
        assert 'class="q-button"' not in page
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    assert client.get(_address(_one("sent"))).status_code == 403


def test_the_conversation_is_one_step_away(world: Client) -> None:
    sent = _one("sent")
    conversation = Conversation.objects.create(
        account=sent.account, uin=sent.uin, last_message_at=timezone.now()
    )
    page = world.get(_address(sent)).content.decode()
    assert reverse("admin:conversations_conversation_change", args=[conversation.pk]) in page


def test_many_attempts_cost_no_more_queries_and_the_oldest_are_counted(world: Client) -> None:
    sent = _one("sent")
    address = _address(sent)
    world.get(address)
    with CaptureQueriesContext(connection) as few:
        world.get(address)
    _attempts(sent, *(["3"] * 59), "0")
    with CaptureQueriesContext(connection) as many:
        told = _text(world, address)
    assert len(many) == len(few)
    assert "10 earlier attempts are not shown here." in told
    assert "Attempt 11" in told
    assert "Attempt 10 " not in told


def test_a_person_and_a_test_lead_to_their_deliveries(world: Client) -> None:
    sent = _one("sent")
    person = reverse("admin:contacts_contact_change", args=[sent.contact_id])
    assert _address(sent, "change") in world.get(person).content.decode()
