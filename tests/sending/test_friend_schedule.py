"""What accounts ask of their friends by themselves, and what friend lists show over time."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.gateway.friends import store_friends
from accounts.models import (
    Account,
    AccountTask,
    Egress,
    Friend,
    FriendEvent,
    FriendRequest,
    Session,
)
from accounts.states import AccountState, FriendRequestState
from clocks import shared
from sending.friend_schedule import ask_of_friends
from sending.models import QuietHours
from tests.campaigns.factories import make_account

pytestmark = pytest.mark.django_db

LONG_AGO = timedelta(days=3)


def make_sender(uin: int, **columns: Any) -> Account:
    """Make an account that has been logged in for an hour."""
    account = make_account(uin, **{"presence_asked_at": timezone.now(), **columns})
    egress, _ = Egress.objects.get_or_create(name="default")
    now = timezone.now()
    Session.objects.create(
        account=account, egress=egress, opened_at=now - timedelta(hours=1), last_used_at=now
    )
    return account


def asked() -> dict[str, list[int]]:
    """Return the UINs of the accounts with an open task, by kind."""
    found: dict[str, list[int]] = {}
    for kind, uin in AccountTask.objects.open().values_list("kind", "account__uin"):
        found.setdefault(kind, []).append(uin)
    return found


def test_lists_and_presence_are_asked_when_they_are_old(settings: Any) -> None:
    settings.QQ_PROFILES_PER_DAY = 0
    old = timezone.now() - LONG_AGO
    make_sender(20_001)
    make_sender(20_002, friends_synced_at=old)
    make_sender(20_003, presence_asked_at=old)
    make_sender(20_004, friends_synced_at=old, state=AccountState.DISABLED)
    make_account(20_005, friends_synced_at=old)  # not logged in
    young = make_sender(20_006, friends_synced_at=old)
    Session.objects.filter(account=young).update(opened_at=timezone.now())
    ask_of_friends()
    ask_of_friends()
    assert asked() == {"sync": [20_002], "presence": [20_003]}
    assert AccountTask.objects.filter(is_background=True).count() == 2


def test_many_that_are_due_together_are_spread(settings: Any) -> None:
    settings.QQ_PROFILES_PER_DAY = 0
    settings.QQ_FRIEND_LIST_HOURS = 1.0
    for number in range(60):
        make_sender(20_001 + number, friends_synced_at=timezone.now() - LONG_AGO)
    ask_of_friends()
    assert AccountTask.objects.count() == 2  # 60 an hour are one a tick; twice that at most


def test_profiles_are_fetched_in_quiet_hours(settings: Any) -> None:
    make_sender(20_001)
    now = timezone.localtime(shared.wall())
    later = (now + timedelta(hours=2)).time()
    end = (now + timedelta(hours=3)).time()
    quiet = QuietHours.objects.create(timezone=settings.TIME_ZONE, start=later, end=end)
    ask_of_friends()
    assert asked() == {}
    QuietHours.objects.filter(pk=quiet.pk).update(
        start=(now - timedelta(hours=1)).time(), end=time(*(end.hour, end.minute))
    )
    ask_of_friends()
    assert asked() == {"info": [20_001]}


def test_old_background_tasks_are_deleted() -> None:
    account = make_sender(20_001)
    old = timezone.now() - timedelta(days=8)
    values = {"account": account, "state": "done", "finished_at": old}
    AccountTask.objects.create(kind="presence", is_background=True, **values)
    AccountTask.objects.create(kind="login", **values)
    ask_of_friends()
    assert set(AccountTask.objects.filter(state="done").values_list("kind")) == {("login",)}


def test_who_came_and_went_is_kept_and_a_return_keeps_the_first_date() -> None:
    account = make_account(20_001, friends_synced_at=None)
    store_friends(account_id=account.pk, uins=[1, 2, 3], count=3)
    assert not FriendEvent.objects.exists()  # the first list is no change
    first = Friend.objects.get(uin=2).known_since
    store_friends(account_id=account.pk, uins=[1, 4], count=2)
    assert Friend.objects.get(uin=2).ended_at is not None
    store_friends(account_id=account.pk, uins=[1, 2, 4], count=3)
    events = list(FriendEvent.objects.order_by("pk").values_list("uin", "kind"))
    assert events == [(4, "came"), (2, "went"), (3, "went"), (2, "came")]
    back = Friend.objects.get(uin=2)
    assert (back.ended_at, back.first_known_since) == (None, first)
    assert back.known_since > first


def test_a_list_that_was_cut_ends_no_friendship_and_is_noted() -> None:
    account = make_account(20_001, friends=[1, 2, 3])
    store_friends(account_id=account.pk, uins=[1, 2], count=5)
    account.refresh_from_db()
    assert (account.friend_count, account.friends_unlisted) == (3, 3)
    assert not FriendEvent.objects.exists()
    store_friends(account_id=account.pk, uins=[1, 2], count=2)
    account.refresh_from_db()
    assert (account.friend_count, account.friends_unlisted) == (2, 0)


def test_a_waiting_request_of_a_friend_is_settled_by_the_list() -> None:
    account = make_account(20_001)
    FriendRequest.objects.create(account=account, uin=7, received_at=timezone.now())
    store_friends(account_id=account.pk, uins=[7], count=1)
    request = FriendRequest.objects.get()
    assert (request.state, request.detail) == (
        FriendRequestState.ACCEPTED,
        "The friend list shows the person.",
    )


def test_great_losses_are_on_the_front_page(settings: Any, admin_client: Client) -> None:
    settings.QQ_FRIENDS_LOST_PER_DAY = 2
    account = make_account(20_001, friends=[1, 2, 3, 4])
    store_friends(account_id=account.pk, uins=[3, 4], count=2)
    assert "lost" not in admin_client.get("/").content.decode()
    store_friends(account_id=account.pk, uins=[4], count=1)
    assert "Account 20001 lost 3 friends within a day." in admin_client.get("/").content.decode()
