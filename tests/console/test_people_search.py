"""Pages that search for people on the gateway: an account asks, the operator reads."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import Account, AccountTask, FriendLink
from accounts.people_search import people_found
from qqhttp.simulator import GatewaySimulator
from tests.sending.conftest import engine, gateway, sender, senders  # noqa: F401
from tests.sending.working import LocalWorker

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
SEARCH = "/accounts/friend/search/"


def _asked(by: Account, /, **changes: Any) -> dict[str, Any]:
    return {"account": by.uin, "age": 20, "sex": 0, "province": "", **changes}


def test_people_are_searched_and_one_is_asked(
    operator: Client, engine: GatewaySimulator, sender: Account  # noqa: F811
) -> None:  # fmt: skip
    answer = operator.post(SEARCH, _asked(sender))
    task = AccountTask.objects.get()
    where = f"{SEARCH}{task.pk}/"
    assert (answer.status_code, answer["Location"]) == (302, where)
    assert "has not asked yet" in operator.get(where).content.decode()
    assert operator.get(where, headers={"HX-Request": "true"}).status_code == 200
    with LocalWorker(is_looking=False) as worker:
        worker.open_lane(sender).join(20)
    task.refresh_from_db()
    assert task.state == "done", task.outcome
    part = operator.get(where, headers={"HX-Request": "true"})
    assert part.status_code == 286  # htmx asks no more
    people = [one["uin"] for one in people_found(task)]
    assert people
    for one in people:
        assert f"?account={sender.uin}&amp;uin={one}" in part.content.decode()
    form = operator.get(f"/accounts/friendlink/request/?account={sender.uin}&uin={people[0]}")
    assert f'value="{people[0]}"' in form.content.decode()
    assert not FriendLink.objects.exists()


def test_a_second_search_does_not_get_the_answer_of_the_first(
    operator: Client, engine: GatewaySimulator, sender: Account  # noqa: F811
) -> None:  # fmt: skip
    operator.post(SEARCH, _asked(sender))
    assert operator.post(SEARCH, _asked(sender)).status_code == 302  # the same question
    again = operator.post(SEARCH, _asked(sender, age=30))
    assert "busy with another search" in again.content.decode()
    assert AccountTask.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [{"account": 1}, {"account": "x"}, {"age": -1}, {"sex": 7}, {"province": "x" * 1000}],
)
def test_a_wrong_question_gets_a_sentence(
    operator: Client, engine: GatewaySimulator, sender: Account, wrong: dict[str, Any]  # noqa: F811
) -> None:  # fmt: skip
    assert operator.post(SEARCH, _asked(sender, **wrong)).status_code == 200
    assert not AccountTask.objects.exists()


def test_a_task_that_is_no_search_is_not_shown(operator: Client, db: None) -> None:
    for key in ("0", "99", "9" * 30):
        assert operator.get(f"{SEARCH}{key}/").status_code == 404
