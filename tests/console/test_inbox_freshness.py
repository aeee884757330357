"""The inbox says how new it is: how often messages are fetched, and whether they are late."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account, Egress, Session
from clocks import shared

pytestmark = pytest.mark.django_db


def logged_in(uin: int, *, heartbeat: int = 60, due: float) -> Session:
    """Make an account with an open session whose inbox is due in so many seconds."""
    now = shared.now()
    account = Account.objects.create(uin=uin, credential="x" * 32, min_interval=1)
    return Session.objects.create(
        account=account,
        egress=Egress.objects.get_or_create(name="default")[0],
        opened_at=now,
        last_used_at=now,
        heartbeat_seconds=heartbeat,
        poll_at=now + timedelta(seconds=due),
    )


def said(operator: Client) -> str:
    page = operator.get(reverse("admin:conversations_conversation_changelist"))
    return str(page.context["fresh"].sentence)


def test_nothing_arrives_while_no_account_is_logged_in(operator: Client) -> None:
    page = operator.get(reverse("admin:conversations_conversation_changelist"))
    assert "No account is logged in" in page.content.decode()
    assert f'href="{reverse("admin:accounts_account_changelist")}"' in page.content.decode()


def test_it_says_how_often_messages_are_fetched(operator: Client) -> None:
    logged_in(10_001, due=40)
    logged_in(10_002, heartbeat=90, due=0)
    assert said(operator) == "2 accounts fetch their messages, each every 90 s."


def test_a_late_account_is_told_and_an_ended_session_is_not(operator: Client) -> None:
    late = logged_in(10_001, due=-600)
    assert said(operator) == "An account's messages should have been fetched 10 min ago."
    part = operator.get(reverse("admin:conversations_conversation_freshness")).content.decode()
    assert "q-late" in part
    assert reverse("admin:accounts_worker_changelist") in part
    Session.objects.filter(pk=late.pk).update(ended_at=shared.now())
    assert said(operator) == "No account is logged in, so nothing arrives."


def test_it_is_one_query(operator: Client, django_assert_num_queries: Any) -> None:
    logged_in(10_001, due=0)
    address = reverse("admin:conversations_conversation_freshness")
    operator.get(address)
    assert Account.objects.count() == 1
    with django_assert_num_queries(3):  # the session, the user, and this one
        operator.get(address)
