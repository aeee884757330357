"""A message that arrives makes a conversation, or reopens it, and counts as unread."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.inbound_handlers import handle_inbound
from accounts.models import InboundKind, InboundMessage
from clocks import shared
from conversations.keeping.inbound import update_conversations
from conversations.keeping.make_conversation import conversation_with
from conversations.models import Conversation
from conversations.work.state import close_conversation, mark_read, mark_unread
from tests.campaigns.factories import make_account
from tests.conversations.writing import a_conversation, arrives

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
PERSON = 423_456


def test_the_first_message_makes_a_conversation() -> None:
    account = make_account()
    arrives(account, "你好", "在吗", sender=PERSON)
    row = Conversation.objects.get()
    assert (row.account, row.uin, row.state, row.unread) == (account, PERSON, "open", 2)
    assert (row.preview, row.is_ours_last) == ("在吗", False)
    assert row.last_message_at == row.last_inbound_at


@pytest.mark.parametrize("kind", [k for k in InboundKind if k != InboundKind.USER])
def test_other_kinds_make_none(kind: int) -> None:
    arrives(make_account(), "hello", sender=PERSON, kind=kind)
    assert not Conversation.objects.exists()


def test_a_message_reopens_a_closed_conversation() -> None:
    account = make_account()
    row = a_conversation(account, sender=PERSON)
    assert close_conversation(conversation=row)
    row.refresh_from_db()
    assert (row.state, row.unread) == ("closed", 0)
    assert not close_conversation(conversation=row)
    arrives(account, "还有", sender=PERSON)
    row.refresh_from_db()
    assert (row.state, row.unread, row.preview) == ("open", 1, "还有")


def test_handling_a_message_again_changes_nothing() -> None:
    account = make_account()
    made = arrives(account, "a", sender=PERSON)
    row = Conversation.objects.get()
    close_conversation(conversation=row)
    handle_inbound(made)
    update_conversations([(account.pk, PERSON)])
    row.refresh_from_db()
    assert (row.state, row.unread) == ("closed", 0)


def test_a_message_that_arrives_while_one_reads_stays_unread() -> None:
    account = make_account()
    row = a_conversation(account, sender=PERSON)
    row.refresh_from_db()
    shown = row.last_inbound_at
    arrives(account, "later", sender=PERSON)
    assert mark_read(conversation=row, until=shown)
    row.refresh_from_db()
    assert row.unread == 1
    assert mark_read(conversation=row)
    assert not mark_read(conversation=row)
    assert mark_unread(conversation=row)
    row.refresh_from_db()
    assert row.unread == 1


def test_an_older_message_that_is_handled_late_does_not_become_the_last() -> None:
    account = make_account()
    a_conversation(account, sender=PERSON, text="new", ago=1)
    arrives(account, "old", sender=PERSON, at=shared.wall() - timedelta(hours=1))
    row = Conversation.objects.get()
    assert (row.preview, row.unread) == ("new", 2)


def test_many_messages_take_a_few_statements() -> None:
    accounts = [make_account(20_001 + n) for n in range(4)]
    moment = shared.wall()
    rows = [
        InboundMessage(
            account=account,
            uin=PERSON + n,
            text="x",
            received_at=moment,
            position=n,
        )
        for account in accounts
        for n in range(40)
    ]
    InboundMessage.objects.bulk_create(rows)
    made = list(InboundMessage.objects.all())
    with CaptureQueriesContext(
        connection,
    ) as queries:
        handle_inbound(made)
    assert Conversation.objects.count() == 160
    assert len(queries) < 15, [query["sql"][:90] for query in queries]


def test_a_conversation_can_be_made_before_a_message_is_handled() -> None:
    account = make_account()
    InboundMessage.objects.create(account=account, uin=PERSON, text="hi", received_at=shared.wall())
    row = conversation_with(account=account, uin=PERSON)
    assert (row.unread, row.preview) == (1, "hi")
    assert conversation_with(account=account, uin=PERSON) == row
    silent = conversation_with(account=account, uin=PERSON + 1)
    assert (silent.unread, silent.last_inbound_at) == (0, None)


def test_what_a_person_writes_to_another_account_is_another_conversation() -> None:
    one, other = make_account(20_001), make_account(20_002)
    arrives(one, "a", sender=PERSON, at=shared.wall() - timedelta(seconds=9))
    arrives(other, "b", "c", sender=PERSON)
    arrives(one, "d", sender=PERSON, at=shared.wall() - timedelta(seconds=8))
    rows = Conversation.objects.order_by("account_id").values_list("preview", "unread")
    assert list(rows) == [("d", 2), ("c", 2)]
