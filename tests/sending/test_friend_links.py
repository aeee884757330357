"""Making and ending friendships: one person at a time, and each fate is followed."""

from __future__ import annotations

import pytest

from accounts.friend_links.request import request_friend, request_removal
from accounts.models import Account, AccountTask, Friend, FriendLink
from accounts.states import FriendLinkState
from foundation.refusals import Refusal
from qqhttp.simulator import GatewaySimulator
from tests.commandline import manage
from tests.sending.conftest import friends_of
from tests.sending.inboxes import logged_in
from tests.sending.working import LocalWorker, wait_until

#: People whom the simulator adds at once, has asked, or refuses: by the remainder of 6.
EASY, CAREFUL, CLOSED = 60_000, 60_003, 60_005


def state_of(uin: int) -> str:
    """Return the state of the latest friend link with a person."""
    return str(FriendLink.objects.filter(uin=uin).latest("pk").state)


def wait_for(uin: int, state: FriendLinkState) -> None:
    """Wait until the friend link with a person has this state."""
    wait_until(lambda: state_of(uin) == state, what=f"{uin} to be {state}")


def test_the_three_answers_to_addtolist(engine: GatewaySimulator, sender: Account) -> None:
    with LocalWorker() as worker:
        logged_in(sender)
        for uin in (EASY, CAREFUL, CLOSED):
            request_friend(account=sender, uin=uin, purpose="they called us", text="我是小王")
        wait_for(EASY, FriendLinkState.DONE)
        wait_for(CLOSED, FriendLinkState.REFUSED)
        wait_for(CAREFUL, FriendLinkState.ASKED)
        wait_until(
            lambda: Friend.objects.current().filter(account=sender, uin=EASY).exists(),
            what="the new friend",
        )
        assert worker.deaths == []
        # Of the two requests one was answered RES=3 and lost; shown as one, which arrived.
        assert engine.control.figures().results["Ack_AddToList"] == {"3": 1, "0": 1}
        asked = next(one for one in engine.control.accounts() if one["uin"] == sender.uin)
        assert asked["requests"] == {CAREFUL: "我是小王"}
        engine.control.push_friend_answer(uin=sender.uin, sender=CAREFUL, is_accepted=True)
        wait_for(CAREFUL, FriendLinkState.DONE)
    link = FriendLink.objects.get(uin=CAREFUL)
    assert (link.purpose, link.detail) == ("they called us", "The person accepted.")


def test_a_person_who_refuses_says_why(engine: GatewaySimulator, sender: Account) -> None:
    with LocalWorker():
        logged_in(sender)
        request_friend(account=sender, uin=CAREFUL, purpose="a customer")
        wait_for(CAREFUL, FriendLinkState.ASKED)
        engine.control.push_friend_answer(
            uin=sender.uin, sender=CAREFUL, is_accepted=False, text="no thanks"
        )
        wait_for(CAREFUL, FriendLinkState.REFUSED)
    assert FriendLink.objects.get().answer == "no thanks"


def test_a_friend_is_removed(engine: GatewaySimulator, sender: Account) -> None:
    friend = friends_of(0)[0]
    with LocalWorker():
        logged_in(sender)
        request_removal(account=sender, uin=friend, purpose="they asked for it")
        wait_for(friend, FriendLinkState.DONE)
        wait_until(
            lambda: not Friend.objects.current().filter(account=sender, uin=friend).exists(),
            what="the end of the friendship",
        )


@pytest.mark.parametrize("fault", ["empty:after", "reset:after"])
def test_a_repetition_of_a_removal_is_understood(
    engine: GatewaySimulator, sender: Account, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is lost, the repeat is answered RES=3, and the friend list tells."""
    monkeypatch.setattr("accounts.gateway.task_requests.REPEAT_SECONDS", 0.2)
    friend = friends_of(0)[0]
    engine.control.change(delete_penalty=0.3)
    engine.control.set_faults(f"{fault},command=DelFromList,count=1")
    with LocalWorker():
        logged_in(sender)
        request_removal(account=sender, uin=friend, purpose="they asked for it")
        wait_for(friend, FriendLinkState.DONE)
    assert engine.control.figures().results["DelFromList"] == {"0": 1, "3": 1}
    assert "no longer shows" in FriendLink.objects.get().detail


def test_a_friend_who_went_elsewhere_counts_as_removed(
    engine: GatewaySimulator, sender: Account
) -> None:
    friend = friends_of(0)[0]
    engine.control.change(delete_penalty=0.3)
    engine.control.set_friends(uin=sender.uin, remove=[friend])
    with LocalWorker():
        logged_in(sender)
        request_removal(account=sender, uin=friend, purpose="-")
        wait_for(friend, FriendLinkState.DONE)
    assert not AccountTask.objects.filter(state="failed").exists()


def test_what_is_refused(engine: GatewaySimulator, sender: Account, settings: object) -> None:
    settings.QQ_FRIEND_CHANGES_PER_DAY = 2  # type: ignore[attr-defined]
    friend = friends_of(0)[0]

    def refused(uin: int, purpose: str = "why") -> str:
        with pytest.raises(Refusal) as found:
            request_friend(account=sender, uin=uin, purpose=purpose)
        return found.value.code

    assert refused(EASY, " ") == "no_purpose"
    assert refused(friend) == "already_friend"
    assert refused(sender.uin) == "bad_uin"
    request_friend(account=sender, uin=EASY, purpose="why")
    assert refused(EASY) == "open_request"
    request_friend(account=sender, uin=CAREFUL, purpose="why")
    assert refused(CLOSED) == "ceiling_reached"
    with pytest.raises(Refusal, match="no friend"):
        request_removal(account=sender, uin=CLOSED, purpose="why")


def test_the_command_waits_for_the_whole_request(engine: GatewaySimulator, sender: Account) -> None:
    with LocalWorker():
        logged_in(sender)
        base = ("--account", sender.uin, "--why", "they called", "--json")
        (added,) = manage("friends", "add", EASY, *base).json["items"]
        assert (added["state"], added["why"]) == ("done", "they called")
        (asked,) = manage("friends", "add", CAREFUL, "--text", "hi", *base).json["items"]
        assert asked["state"] == "asked"
        closed = manage("friends", "add", CLOSED, *base)
        assert (closed.status, closed.json["items"][0]["state"]) == (1, "refused")
        (gone,) = manage("friends", "remove", friends_of(0)[0], *base).json["items"]
        assert gone["state"] == "done"
        again = manage("friends", "remove", 60_777, *base)
        assert (again.status, again.json["error"]) == (1, "no_friend")
