"""Conversations are found by words of two characters, by names and by UINs."""

from __future__ import annotations

import pytest
from django.db import connection

from accounts.models import InboundMessage
from clocks import shared
from contacts.models import Contact
from conversations.find import Filters, filtered
from conversations.search import _WRITTEN
from tests.campaigns.factories import make_account
from tests.conversations.writing import a_conversation

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
PERSON = 423_456


def found(words: str) -> set[int]:
    return {row.uin for row in filtered(Filters(words=words))}


def test_words_names_and_numbers() -> None:
    account = make_account(friends=[PERSON + 1])
    Contact.objects.create(uin=PERSON, name="李娜")
    a_conversation(account, sender=PERSON, text="请问 Price 多少钱？100%")
    a_conversation(account, sender=PERSON + 1, text="谢谢")
    a_conversation(account, sender=999_999, text="电话 4234")
    assert found("多少") == {PERSON}
    assert found("price") == found("PRICE 多") == {PERSON}
    assert found("少多") == set()
    assert found("0%") == {PERSON}
    assert found("李") == {PERSON}
    assert found("friend") == {PERSON + 1}
    assert found("4234") == {PERSON, PERSON + 1, 999_999}
    assert found("谢") == set()  # one character is looked for in names only
    assert found("_") == set()
    assert len(found("\0")) == 3  # nothing is looked for


@pytest.mark.slow
@pytest.mark.postgresql
def test_texts_are_searched_by_an_index() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no index for words")
    account = make_account()
    now = shared.wall()
    InboundMessage.objects.bulk_create(
        InboundMessage(
            account=account, uin=PERSON + n, text=f"第{n}条消息", received_at=now, position=n
        )
        for n in range(20_000)
    )
    a_conversation(account, sender=PERSON, text="退货怎么办")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_inboundmessage")
        cursor.execute(f"EXPLAIN {_WRITTEN}", [9, ["退货"], "退货", 100])
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "inboundmessage_pairs" in plan, plan
    assert found("退货") == {PERSON}
