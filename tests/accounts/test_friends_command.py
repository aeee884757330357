"""The command `friends`: lists with pages, answers to requests, exit statuses, JSON."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from accounts.management.commands.friends import Command
from accounts.models import AccountTask, Friend, FriendRequest
from accounts.states import AccountState, FriendRequestState
from tests.accounts.test_accounts_command import make_account
from tests.commandline import manage

pytestmark = pytest.mark.django_db


def make_request(uin: int = 50_001, **columns: Any) -> FriendRequest:
    """Make a friend request that waits."""
    account = columns.pop("account", None) or make_account()
    return FriendRequest.objects.create(
        account=account, uin=uin, text="hi", received_at=timezone.now(), **columns
    )


def test_the_friends_of_an_account_come_in_pages() -> None:
    account = make_account()
    Friend.objects.bulk_create(Friend(account=account, uin=uin) for uin in range(60_001, 60_006))
    Friend.objects.filter(uin=60_005).update(ended_at=timezone.now())
    first = manage("friends", "list", "--account", account.uin, "--limit", 3, "--json").json
    assert [item["uin"] for item in first["items"]] == [60_004, 60_003, 60_002]
    rest = manage("friends", "list", "--after", first["next"], "--json").json
    assert ([item["uin"] for item in rest["items"]], rest["next"]) == ([60_001], None)
    (ended,) = manage("friends", "list", "60005", "--ended", "--json").json["items"]
    assert ended["ended_at"].endswith("Z")
    assert ended["presence"] is None
    assert "60004" in manage("friends", "list").out


def test_waiting_requests_are_listed() -> None:
    request = make_request()
    make_request(50_002, account=request.account, state=FriendRequestState.REFUSED)
    (item,) = manage("friends", "requests", "--json").json["items"]
    assert (item["account"], item["uin"], item["state"], item["text"]) == (
        request.account.uin, 50_001, "waiting", "hi",
    )  # fmt: skip
    assert len(manage("friends", "requests", "--state", "all", "--json").json["items"]) == 2
    assert manage("friends", "requests", "--state", "accepted", "--json").json["items"] == []


def test_a_decision_without_waiting_is_done() -> None:
    request = make_request()
    said = manage("friends", "accept", request.uin, "--timeout", "0", "--json")
    assert said.status == 0
    assert said.json["items"][0]["state"] == "accepting"
    task = AccountTask.objects.get()
    assert (task.kind, task.uin, task.is_background) == ("accept", request.uin, True)


def test_a_decision_that_is_not_carried_out_in_time_is_status_1() -> None:
    request = make_request()
    said = manage("friends", "refuse", request.uin, "--reason", "no", "--timeout", "0.1", "--json")
    assert said.status == 1
    assert said.json["items"][0]["state"] == "refusing"
    assert "stays open" in said.json["items"][0]["sentence"]
    assert AccountTask.objects.get().text == "no"


def test_a_stopped_account_answers_nothing() -> None:
    request = make_request(account=make_account(state=AccountState.DISABLED))
    said = manage("friends", "accept", "--all", "--json")
    assert said.status == 1
    assert "Enable it first" in said.json["items"][0]["sentence"]
    request.refresh_from_db()
    assert request.state == FriendRequestState.WAITING


def test_people_without_a_waiting_request_are_named() -> None:
    make_request()
    said = manage("friends", "accept", 50_001, 50_009, "--json")
    assert (said.status, said.json["error"], said.json["uins"]) == (1, "no_request", [50_009])
    assert not AccountTask.objects.exists()
    said = manage("friends", "refuse", 50_001, "--reason", "x" * 201, "--json")
    assert "201 characters" in said.json["items"][0]["sentence"]


@pytest.mark.parametrize(
    "arguments",
    [["accept"], ["accept", "50001", "--all"], ["presence"], ["refuse", "--reason", "x"]],
)
def test_naming_nobody_is_wrong_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    command = Command()
    parser = command.create_parser("manage.py", "friends")
    with pytest.raises(SystemExit) as ended:
        command.handle(**vars(parser.parse_args(arguments)))
    assert ended.value.code == 2
    assert "--all" in capsys.readouterr().err
