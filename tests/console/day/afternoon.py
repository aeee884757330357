"""The afternoon: people write back, and somebody asks to be a friend."""

from __future__ import annotations

from tests.console.day.accounts_room import AccountsRoom
from tests.console.day.inbox_room import InboxRoom
from tests.console.day.people_room import PeopleRoom
from tests.console.day.workday import STRANGER, Workday

ASKED, ANSWERED, INTRODUCED = "几点开始？", "九点半。", "我是老王"


def people_write(day: Workday) -> None:
    """A question, an opt-out and a friend request: what waits stands on the front page."""
    push = day.gateway.control
    push.push_inbound(uin=day.account, sender=day.leaving, text="TD")
    push.push_inbound(uin=day.account, sender=day.asking, text=ASKED)
    push.push_friend_request(uin=day.account, sender=STRANGER, text=INTRODUCED)
    day.olga.open("/")
    waiting = day.olga.page.locator(".q-todo")
    for kind in ("unread_conversations", "friend_requests"):
        waiting.locator(f"[data-kind={kind}]").wait_for()
    day.olga.look("needs-you")


def answers(day: Workday) -> None:
    """Answer the question in the inbox; the answer is sent."""
    inbox, before = InboxRoom(day.olga), day.sent()
    inbox.opens(ASKED)
    inbox.reply().wait_for()
    day.olga.look("conversation")
    inbox.answers(ANSWERED)
    assert day.sent() == before + 1
    day.olga.look("answered")


def keeps_the_opt_out(day: Workday) -> None:
    """Find the person who wrote TD among the opt-outs, and as one who gets nothing more."""
    olga, people = day.olga, PeopleRoom(day.olga)
    day.wait_until(lambda: people.is_listed("Opt-outs", day.leaving), what="the opt-out")
    olga.look("opt-outs")
    assert people.is_listed("Suppressions", day.leaving)
    olga.look("suppressions")
    people.opens(day.leaving)
    olga.shows("TD")
    olga.look("person")


def accepts_a_friend(day: Workday) -> None:
    """Accept the friend request; the account tells the gateway."""
    AccountsRoom(day.olga).accepts(STRANGER, INTRODUCED)
    acks = day.gateway.control.acks
    day.wait_until(lambda: acks(uin=day.account).get((STRANGER, 0)) == 1, what="the acceptance")
