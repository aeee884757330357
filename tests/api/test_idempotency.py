"""A request with a key is carried out once, whatever happens in between."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections

from accounts.models import Account
from api.models import Message, StoredAnswer
from api.pipeline import idempotency
from campaigns.models import Campaign, MessageTemplate
from clocks import shared
from tests.api.asking import Program, administrator, program
from tests.campaigns.factories import make_campaign
from tests.sending.conftest import friends_of

pytestmark = pytest.mark.both_databases

FRIEND = friends_of(0)[0]
BODY = {"name": "hello", "text": "hi {{ name }}"}


@pytest.mark.django_db
def test_a_repetition_gets_the_stored_answer_and_changes_nothing() -> None:
    root = administrator()
    first = root.post("templates", BODY, Idempotency_Key="k1")
    assert first.status_code == 201
    again = root.post("templates", BODY, Idempotency_Key="k1")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again["Idempotent-Replayed"] == "true"
    assert MessageTemplate.objects.count() == 1
    # Without the key it is another request.
    assert root.post("templates", BODY).status_code == 409


@pytest.mark.django_db
def test_a_key_belongs_to_one_request_of_one_user() -> None:
    root = administrator()
    root.post("templates", BODY, Idempotency_Key="k1")
    for path, body in (
        ("templates", {**BODY, "name": "other"}),
        ("snippets", BODY),
    ):
        answer = root.post(path, body, Idempotency_Key="k1")
        assert (answer.status_code, answer.json()["error"]) == (422, "key_used")
    other = program("campaigns.add_messagetemplate", name="other")
    answer = other.post("templates", {**BODY, "name": "other"}, Idempotency_Key="k1")
    assert answer.status_code == 201


@pytest.mark.django_db
def test_a_refusal_is_not_stored() -> None:
    root = administrator()
    make_campaign("spring")
    assert root.post("campaigns/spring/pause", {}, Idempotency_Key="k").status_code == 404
    assert not StoredAnswer.objects.exists()
    Campaign.objects.all().delete()
    assert root.post("templates", BODY, Idempotency_Key="k").status_code == 201


@pytest.mark.django_db
def test_an_answer_is_kept_for_a_day() -> None:
    root = administrator()
    root.post("templates", BODY, Idempotency_Key="k")
    StoredAnswer.objects.update(at=shared.wall() - timedelta(hours=25))
    assert root.post("templates", {**BODY, "name": "b"}, Idempotency_Key="k").status_code == 201
    StoredAnswer.objects.update(at=shared.wall() - timedelta(hours=25))
    assert idempotency.forget_old_answers() == 1
    assert not StoredAnswer.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "a b", "x" * 101, "é", "a\tb"])
def test_a_key_has_a_form(key: str) -> None:
    answer = administrator().post("templates", BODY, Idempotency_Key=key)
    assert (answer.status_code, answer.json()["field"]) == (400, "Idempotency-Key")


def _asked(root: Program, body: dict[str, Any], barrier: threading.Barrier) -> tuple[int, Any]:
    try:
        barrier.wait(10)
        answer = root.post("messages", body, Idempotency_Key="twin")
        return answer.status_code, answer.json()
    finally:
        connections.close_all()


@pytest.mark.slow
def test_twins_send_one_message(senders: list[Account]) -> None:
    root = administrator()
    body = {"to": FRIEND, "text": "hi"}
    twins = 6
    barrier = threading.Barrier(twins)
    with ThreadPoolExecutor(twins) as pool:
        answers = list(pool.map(lambda _n: _asked(root, body, barrier), range(twins)))
    assert Message.objects.count() == 1
    statuses = sorted(status for status, _data in answers)
    assert set(statuses) <= {201, 409}, answers
    assert statuses[0] == 201
    assert {data["id"] for status, data in answers if status == 201} == {Message.objects.get().pk}
    assert {data["error"] for status, data in answers if status == 409} <= {"key_in_use"}
    assert root.post("messages", body, Idempotency_Key="twin").status_code == 201
    assert Message.objects.count() == 1


def test_the_twin_of_a_request_under_way_is_refused(
    senders: list[Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the first is inside, the second is not made to wait."""
    root = administrator()
    body = {"to": FRIEND, "text": "hi"}
    inside, go_on = threading.Event(), threading.Event()
    store = idempotency.store_answer

    def slow(**given: Any) -> None:
        inside.set()
        assert go_on.wait(20)
        store(**given)

    monkeypatch.setattr("api.view.idempotency.store_answer", slow)
    barrier = threading.Barrier(1)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(_asked, root, body, barrier)
        assert inside.wait(20)
        try:
            second = _second(root, body)
        finally:
            go_on.set()
        assert first.result(30)[0] == 201
    assert second == (409, "key_in_use")
    assert Message.objects.count() == 1


def _second(root: Program, body: dict[str, Any]) -> tuple[int, str]:
    answer = root.post("messages", body, Idempotency_Key="twin")
    return answer.status_code, answer.json()["error"]


def test_on_postgresql_twins_in_other_processes_are_refused(
    senders: list[Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock in this process is taken away: what is left is that of the database."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    monkeypatch.setattr(idempotency, "_under_way", _Nothing())
    test_the_twin_of_a_request_under_way_is_refused(senders, monkeypatch)


class _Nothing(set[Any]):
    def add(self, _held: Any) -> None: ...
