"""An open conversation follows what changes while its messages are being read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from conversations.answers.send_answer import send_answer
from conversations.models import Answer, Conversation
from sending.models import Delivery
from sending.states import DeliveryState
from tests.campaigns.factories import make_account
from tests.conversations.writing import a_conversation

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clean_redis"),
    pytest.mark.both_databases,
]
PERSON = 423_456
INBOX = "/conversations/conversation/"


@pytest.fixture
def conversation() -> Conversation:
    return a_conversation(make_account(20_001, friends=[PERSON]), sender=PERSON, text="多少钱？")


@contextmanager
def after_the_messages(act: Callable[[], Any]) -> Iterator[list[bool]]:
    """Run something once, right after a page has read the answers of its thread.

    What is yielded is empty until then.
    """
    done: list[bool] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        found = execute(sql, params, many, context)
        is_thread = sql.startswith("SELECT") and ' AS "at"' in sql
        if is_thread and 'FROM "conversations_answer"' in sql and not done:
            done.append(True)
            act()
        return found

    with connection.execute_wrapper(watch):
        yield done


def opened(client: Client, conversation: Conversation) -> tuple[str, str]:
    """Return the page of a conversation, and the address that it polls for messages."""
    page = client.get(f"{INBOX}?c={conversation.pk}").content.decode()
    found = re.search(rf'hx-get="({INBOX}\d+/thread/[^"]+)"', page)
    assert found is not None
    return page, found[1].replace("&amp;", "&")


def test_an_answer_that_is_sent_while_the_page_is_made_is_shown_as_sent(
    operator: Client, conversation: Conversation
) -> None:
    answer = send_answer(conversation=conversation, text="十元")
    rows = Delivery.objects.filter(pk=answer.delivery_id)
    rows.update(state=DeliveryState.SENDING)
    with after_the_messages(lambda: rows.update(state=DeliveryState.SENT)) as done:
        page, poll = opened(operator, conversation)
    assert done
    assert 'class="q-badge success"' not in page  # made before it was sent
    shown = operator.get(poll)
    assert shown.status_code == 200
    assert 'class="q-badge success"' in shown.content.decode()


def test_an_answer_that_the_page_does_not_show_was_not_seen(
    operator: Client, conversation: Conversation
) -> None:
    def answers() -> None:
        send_answer(conversation=conversation, text="十元")

    with after_the_messages(answers) as done:
        page, poll = opened(operator, conversation)
    assert done
    assert 'q-bubble-text">十元' not in page  # the list beside it has it
    assert 'name="seen" value="0"' in page
    assert f'name="seen" value="{Answer.objects.get().pk}"' in operator.get(poll).content.decode()


def test_an_answer_whose_outcome_becomes_known_is_shown_again(
    operator: Client, conversation: Conversation
) -> None:
    answer = send_answer(conversation=conversation, text="十元")
    rows = Delivery.objects.filter(pk=answer.delivery_id)
    rows.update(state=DeliveryState.UNKNOWN)
    _page, poll = opened(operator, conversation)
    assert operator.get(poll).status_code == 204
    rows.update(state=DeliveryState.FAILED)
    assert operator.get(poll).status_code == 200
