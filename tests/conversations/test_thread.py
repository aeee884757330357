"""A thread merges both sides by time, page by page, and each source is read by an index."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account
from campaigns.models import TestRun
from clocks import shared
from contacts.models import Contact
from contacts.people.erase import erase_person
from conversations.answers.send_answer import send_answer
from conversations.models import Answer, Conversation
from conversations.threads.thread import Thread, read_thread
from conversations.work.assign import write_note
from foundation.refusals import Refusal
from sending.models import Delivery
from tests.campaigns.factories import make_account, make_campaign, make_delivery, make_run
from tests.conversations.writing import a_conversation, arrives

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clean_redis"),
    pytest.mark.both_databases,
]
PERSON, OTHER = 423_456, 423_457


@pytest.fixture
def account() -> Account:
    return make_account(friends=[PERSON, OTHER])


def _filled(account: Account) -> Conversation:
    """Return a conversation with messages of every kind, and messages of others around it."""
    now = shared.wall()
    person = Contact.objects.create(uin=PERSON, name="李娜")
    campaign = make_campaign("spring")
    run = make_run(campaign, text="今天八折")
    sent_at = now - timedelta(hours=2)
    make_delivery(run, person, account=account, sent_at=sent_at, seq=5, last_res="0")
    other = make_run(make_campaign("other"), text="x")
    make_delivery(other, person, account=make_account(20_002), sent_at=now)
    test = TestRun.objects.create(
        campaign=campaign, account=account, number=1, text="t", promise="never-twice",
        timezone="UTC", planned_at=now - timedelta(hours=3),
    )  # fmt: skip
    for uin in (PERSON, OTHER):
        Delivery.objects.create(run_id=test.pk, uin=uin, account=account, text=f"test {uin}")
    arrives(account, "a", "b", "c", sender=PERSON, at=now - timedelta(hours=1))
    arrives(account, "of another", sender=OTHER)
    row: Conversation = Conversation.objects.get(uin=PERSON)
    send_answer(conversation=row, text="ours")
    return row


def _texts(thread: Thread) -> list[str]:
    return [one.text for one in thread.messages]


def test_both_sides_newest_first(account: Account) -> None:
    thread = read_thread(conversation=_filled(account))
    assert _texts(thread) == ["ours", "c", "b", "a", "今天八折", f"test {PERSON}"]
    assert [one.kind for one in thread.messages] == [
        "answer", *["inbound"] * 3, "campaign", "test",
    ]  # fmt: skip
    assert thread.next is None
    sent = thread.messages[4].as_data()
    assert (sent["source"], sent["seq"], sent["last_res"]) == ("spring #1", 5, "0")


@pytest.mark.parametrize("limit", [1, 2, 3, 5])
def test_pages_have_every_message_once(account: Account, limit: int) -> None:
    row = _filled(account)
    texts, place = [], ""
    while place is not None:
        thread = read_thread(conversation=row, before=place, limit=limit)
        assert len(thread.messages) <= limit
        texts += _texts(thread)
        place = thread.next  # type: ignore[assignment]
    assert texts == ["ours", "c", "b", "a", "今天八折", f"test {PERSON}"]


def test_messages_of_one_moment_are_in_one_order_on_all_pages(account: Account) -> None:
    row = a_conversation(account, sender=PERSON, text="theirs")
    answers = [send_answer(conversation=row, text=text) for text in ("one", "two")]
    row.refresh_from_db()
    Answer.objects.filter(pk__in=[one.pk for one in answers]).update(created_at=row.last_inbound_at)
    texts, place = [], ""
    while place is not None:
        thread = read_thread(conversation=row, before=place, limit=1)
        texts += _texts(thread)
        place = thread.next  # type: ignore[assignment]
    assert texts == ["two", "one", "theirs"]


@pytest.mark.parametrize("place", ["x", "2026-01-01_0_1", "9999_0_1_1", "2026-01-01T00:00Z_0_²"])
def test_a_wrong_place_is_refused(account: Account, place: str) -> None:
    row = a_conversation(account, sender=PERSON)
    with pytest.raises(Refusal) as refusal:
        read_thread(conversation=row, before=place)
    assert refusal.value.code == "cursor_malformed"


def test_each_source_is_read_by_an_index(account: Account) -> None:
    row = _filled(account)
    with CaptureQueriesContext(connection) as queries:
        read_thread(conversation=row)
    for query in queries:
        if "sending_delivery" not in query["sql"] and "inboundmessage" not in query["sql"]:
            continue
        plan = _plan(query["sql"])
        for table in ("sending_delivery", "accounts_inboundmessage"):
            assert f"SCAN {table}" not in plan, plan
            assert f"Seq Scan on {table}" not in plan, plan


def _plan(sql: str) -> str:
    explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    with connection.cursor() as cursor:
        if connection.vendor != "sqlite":
            # The tables are small here: without scans the plan shows what an index can serve.
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"{explain} {sql}".replace("%", "%%"))
        return "\n".join(" ".join(map(str, row)) for row in cursor.fetchall())


def test_erasing_a_person_deletes_conversations_answers_and_notes(account: Account) -> None:
    row = _filled(account)
    write_note(conversation=row, note="lives in 昆明")
    person = Contact.objects.get(uin=PERSON)
    Delivery.objects.filter(run__in=TestRun.objects.values("pk")).update(state="sent")
    with pytest.raises(Refusal) as refusal:
        erase_person(contact=person)
    assert refusal.value.code == "open_delivery"
    Delivery.objects.filter(answer__conversation=row).update(state="sent")
    erase_person(contact=person)
    assert not Conversation.objects.filter(uin=PERSON).exists()
    assert not Answer.objects.exists()
    assert not Delivery.objects.filter(uin=PERSON).exists()
    assert not Delivery.objects.filter(text="ours").exists()
    assert Conversation.objects.filter(uin=OTHER).exists()
