"""Presence: told by the gateway in the inbox and by Query_Stat, and kept with friendships."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.account_tasks import request_account_task
from accounts.models import Account, AccountTask, AccountTaskKind, Friend, InboundMessage
from accounts.presences import PresenceChange, store_presence_changes
from accounts.states import FriendPresence
from clocks import shared
from contacts.models import Contact
from contacts.segments.preview import preview_segment
from qqhttp.simulator import GatewaySimulator, profiles
from tests.campaigns.factories import make_account, make_list
from tests.commandline import manage
from tests.sending.conftest import FRIENDS, friends_of
from tests.sending.inboxes import A_HEARTBEAT, logged_in
from tests.sending.working import LocalWorker, wait_until


def presence_of(account: Account, uin: int) -> int | None:
    """Return a friend's stored presence."""
    found: int | None = Friend.objects.get(account=account, uin=uin).presence
    return found


def wait_for(account: Account, uin: int, presence: int) -> None:
    """Wait until a friend has this presence."""
    wait_until(
        lambda: presence_of(account, uin) == presence,
        what=f"presence {presence}",
        seconds=A_HEARTBEAT,
    )


def test_changes_of_presence_are_kept_with_the_friendship(
    engine: GatewaySimulator, sender: Account
) -> None:
    friend = friends_of(0)[0]
    with LocalWorker() as worker:
        logged_in(sender)
        for status in (profiles.BUSY, profiles.OFFLINE, profiles.ONLINE):
            engine.control.set_friend_status(uin=friend, status=status)
            wait_for(sender, friend, status)
        assert worker.deaths == []
    assert Friend.objects.get(account=sender, uin=friend).seen_online_at is not None
    assert not InboundMessage.objects.exists()


def test_query_stat_fills_presence_nickname_and_face(
    engine: GatewaySimulator, sender: Account
) -> None:
    mine = friends_of(0)
    with LocalWorker() as worker:
        logged_in(sender)
        request_account_task(account=sender, kind=AccountTaskKind.PRESENCE)
        wait_until(lambda: not AccountTask.objects.open().exists(), what="the answer")
        assert worker.deaths == []
    online = [uin for uin in mine if profiles.usual_status(uin) != profiles.OFFLINE]
    assert 0 < len(online) < FRIENDS
    for friend in Friend.objects.filter(account=sender):
        assert friend.presence == profiles.usual_status(friend.uin)
        is_online = friend.uin in online
        assert (friend.seen_online_at is not None) is is_online
        # The gateway names only those who are online; the others keep what was known of them.
        nickname = profiles.nickname(friend.uin) if is_online else f"friend {friend.uin}"
        assert friend.nickname == nickname
        assert friend.face == (profiles.face(friend.uin) if is_online else None)
    # TN is never 0, so that the gateway answers once: no reply belongs to another request.
    assert engine.control.figures().results["Query_Stat"] == {"0": 1}


def test_the_command_asks_and_counts(engine: GatewaySimulator, sender: Account) -> None:
    with LocalWorker():
        logged_in(sender)
        said = manage("friends", "presence", "--all", "--json")
    online = sum(profiles.usual_status(uin) != profiles.OFFLINE for uin in friends_of(0))
    (item,) = said.json["items"]
    assert (said.status, item["account"], item["online"]) == (0, sender.uin, online)
    (listed,) = manage("friends", "list", friends_of(0)[0], "--json").json["items"]
    assert listed["presence"] in {"online", "busy", "offline"}


@pytest.mark.django_db
def test_the_last_change_of_a_person_counts_and_strangers_are_ignored() -> None:
    account = make_account(friends=[30_001, 30_002])
    at = shared.wall()
    store_presence_changes(
        [
            PresenceChange(account.pk, 30_001, 10, at),
            PresenceChange(account.pk, 30_009, 10, at),
            PresenceChange(account.pk, 30_001, 20, at),
        ]
    )
    kept = dict(Friend.objects.values_list("uin", "presence"))
    assert kept == {30_001: FriendPresence.OFFLINE, 30_002: None}
    assert Friend.objects.get(uin=30_001).seen_online_at == at


@pytest.mark.django_db
def test_segments_ask_who_is_or_was_online() -> None:
    account = make_account(friends=range(30_001, 30_006))
    make_list("all", range(30_001, 30_007))
    now = shared.wall()
    for uin, presence, hours in [(1, 10, 1), (2, 20, 3), (3, 30, 30), (4, 20, None)]:
        seen = None if hours is None else now - timedelta(hours=hours)
        friends = Friend.objects.filter(account=account, uin=30_000 + uin)
        friends.update(presence=presence, seen_online_at=seen)

    def found(**conditions: object) -> list[int]:
        sample = preview_segment(conditions={"kind": "online", **conditions}).sample
        return sorted(person.uin - 30_000 for person in sample if isinstance(person, Contact))

    assert found() == [1]  # what was told 30 hours ago is not believed any more
    assert found(**{"is": "less_than", "hours": 2}) == [1]
    assert found(**{"is": "less_than", "hours": 6}) == [1, 2]
    assert found(**{"is": "less_than", "hours": 48}) == [1, 2, 3]
    assert found(**{"is": "never"}) == [4, 5, 6]
