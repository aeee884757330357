"""Equal requests in the same moment send one answer; what arrives meanwhile stays unread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction

from accounts.inbound_handlers import handle_inbound
from accounts.models import Account, InboundMessage
from clocks import shared
from conversations.answers.send_answer import send_answer
from conversations.models import Answer, AnswerRun, Conversation
from conversations.work.state import mark_read
from sending.models import Delivery
from sending.runs.figures import check_figures
from tests.campaigns.factories import make_account
from tests.conversations.writing import a_conversation

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("clean_redis"),
    pytest.mark.both_databases,
]
PEOPLE = (423_456, 423_457, 423_458)


@pytest.fixture
def account(transactional_db: None) -> Account:
    return make_account(friends=PEOPLE)


def together(*works: Callable[[], object]) -> list[BaseException]:
    """Do everything at once, each in a thread; return what failed."""
    barrier, failed = threading.Barrier(len(works)), list[BaseException]()

    def run(work: Callable[[], object]) -> None:
        try:
            barrier.wait(10)
            work()
        except BaseException as problem:
            failed.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    return failed


def test_a_key_sends_once_also_in_the_same_moment(account: Account) -> None:
    rows = [a_conversation(account, sender=uin) for uin in PEOPLE]

    def answer(row: Conversation) -> Callable[[], object]:
        return lambda: send_answer(conversation=row, text="hi", key="form")

    assert together(*(answer(row) for row in rows for _time in range(3))) == []
    assert Answer.objects.count() == Delivery.objects.count() == len(PEOPLE)
    # They also made the first run together, and it is one.
    run = AnswerRun.objects.get()
    assert run.state == "running"
    assert check_figures(run=run) == []


def test_messages_answers_and_reading_do_not_lock_each_other_out(account: Account) -> None:
    rows = [a_conversation(account, sender=uin) for uin in PEOPLE]
    other = make_account(20_002, friends=PEOPLE)
    soon = shared.wall() + timedelta(minutes=1)

    def write(to: Account, second: int) -> Callable[[], object]:
        def work() -> None:
            with transaction.atomic():
                handle_inbound(
                    [
                        InboundMessage.objects.create(
                            account=to,
                            uin=uin,
                            text="x",
                            received_at=soon + timedelta(seconds=second),
                            position=position,
                        )
                        for position, uin in enumerate(reversed(PEOPLE))
                    ]
                )

        return work

    works = [write(account, 1), write(account, 2), write(other, 1), write(other, 2)]
    for row in rows:
        works += [
            lambda row=row: send_answer(conversation=row, text="hi"),  # type: ignore[misc]
            lambda row=row: mark_read(conversation=row),  # type: ignore[misc]
        ]
    assert together(*works) == []
    assert Conversation.objects.count() == 2 * len(PEOPLE)
    for row in Conversation.objects.all():
        read_at = row.read_at or soon - timedelta(days=1)
        seconds = (soon + timedelta(seconds=n) for n in (1, 2))
        assert row.unread == sum(at > read_at for at in seconds)
        assert row.last_inbound_at == soon + timedelta(seconds=2)
