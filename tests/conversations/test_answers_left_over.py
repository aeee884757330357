"""The tick of answers, and the conversations of messages that were there before the upgrade."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from accounts.models import Account, InboundKind, InboundMessage
from clocks import shared
from conversations.answers.send_answer import send_answer
from conversations.answers.tick import LONGEST_WAIT, cancel_answer, keep_answers
from conversations.models import Answer, AnswerRun, Conversation
from sending.models import Delivery
from sending.reconcile import reconcile
from sending.runs.figures import check_figures
from sending.runs.transitions import change_run_state
from tests.campaigns.factories import make_account
from tests.conversations.writing import a_conversation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]
PERSON = 423_456


@pytest.fixture
def account() -> Account:
    return make_account(friends=[PERSON])


def test_an_answer_that_waited_for_a_day_is_cancelled(account: Account) -> None:
    row = a_conversation(account, sender=PERSON)
    old, new = (send_answer(conversation=row, text=text) for text in ("old", "new"))
    long_ago = shared.wall() - LONGEST_WAIT - timedelta(minutes=1)
    Answer.objects.filter(pk=old.pk).update(created_at=long_ago)
    keep_answers()
    states = dict(Delivery.objects.values_list("text", "state"))
    assert states == {"old": "cancelled", "new": "pending"}
    assert check_figures(run=AnswerRun.objects.get()) == []
    assert cancel_answer(new)
    assert not cancel_answer(new)
    reconcile()
    assert AnswerRun.objects.get().state == "running"


def test_a_run_that_stopped_is_resumed_if_it_owes_something(account: Account) -> None:
    row = a_conversation(account, sender=PERSON)
    answer = send_answer(conversation=row, text="hi")
    run = AnswerRun.objects.get()
    change_run_state(run_id=run.pk, to="stopped", detail="failures")
    keep_answers()
    run.refresh_from_db()
    assert run.state == "running"
    cancel_answer(answer)
    change_run_state(run_id=run.pk, to="stopped", detail="failures")
    keep_answers()
    run.refresh_from_db()
    assert run.state == "stopped"


def test_messages_of_before_the_upgrade_are_read_conversations(account: Account) -> None:
    now = shared.wall()
    other = make_account(20_002)
    for n, (one, uin, kind, text) in enumerate(
        [
            (account, PERSON, InboundKind.USER, "first"),
            (account, PERSON, InboundKind.USER, "last"),
            (account, PERSON, InboundKind.REQUEST, "friends?"),
            (other, PERSON, InboundKind.USER, "to the other"),
            (other, PERSON + 1, InboundKind.SYSTEM, "system"),
        ]
    ):
        InboundMessage.objects.create(
            account=one, uin=uin, kind=kind, text=text, received_at=now + timedelta(seconds=n)
        )
    migration = import_module("conversations.migrations.0002_conversations_of_the_inbox")

    class Editor:
        pass

    Editor.connection = connection  # type: ignore[attr-defined]
    for _time in range(2):
        migration.make_conversations(apps, Editor)
    rows = Conversation.objects.order_by("account_id")
    assert [(row.account, row.uin, row.preview, row.unread, row.state) for row in rows] == [
        (account, PERSON, "last", 0, "open"),
        (other, PERSON, "to the other", 0, "open"),
    ]
    a_conversation(account, sender=PERSON, text="new", ago=-60)
    row = Conversation.objects.get(account=account)
    assert (row.unread, row.preview) == (1, "new")
