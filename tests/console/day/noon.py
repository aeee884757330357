"""Noon: a campaign is made, approved twice by a second person, paused and finished."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from tests.console.day.approval_room import ApprovalRoom
from tests.console.day.campaign_room import CampaignRoom
from tests.console.day.steps_room import StepsRoom
from tests.console.day.workday import CAMPAIGN, PEOPLE, PEOPLE_LIST, TEMPLATE, Workday


def makes_campaign(day: Workday) -> None:
    """Make a campaign step by step, which begins tomorrow."""
    steps, tomorrow = StepsRoom(day.olga), timezone.localtime() + timedelta(days=1)
    steps.says_who(name=CAMPAIGN, people_list=PEOPLE_LIST, people=PEOPLE)
    steps.says_what(template=TEMPLATE)
    steps.leaves_senders()
    steps.says_when(tomorrow.replace(hour=9, minute=30))
    steps.checks(text="张伟0，您好！")
    CampaignRoom(day.olga).needs_approval()
    day.olga.says("Not started yet")


def schedules(day: Workday) -> None:
    """Start it; a second person approves; the calendar shows it, and nothing is sent."""
    olga, room = day.olga, CampaignRoom(day.olga)
    room.asks_for("start")
    olga.look("awaiting")
    ApprovalRoom(day.ann).approves(wait_until=day.wait_until)
    day.ann.look("approved")
    day.ann.waits()
    olga.says("Run %(number)s", number=1)
    room.is_in("scheduled")
    olga.look("scheduled")
    olga.go("Calendar")
    olga.shows(CAMPAIGN)
    olga.look("calendar")
    assert day.sent() == 0


def starts_today(day: Workday) -> None:
    """Cancel the date, and ask again for a start at once, one message a minute."""
    olga, room = day.olga, CampaignRoom(day.olga)
    olga.go("Campaigns")
    olga.look("campaigns")
    olga.follow(CAMPAIGN)
    room.does("cancel")
    room.is_in("cancelled")
    room.sets("At what hours, and how fast", starts_at_0="", starts_at_1="", per_minute=1)
    room.asks_for("start-again")
    ApprovalRoom(day.ann).approves(wait_until=day.wait_until, approved_by="ann")
    day.ann.waits()


def pauses_and_resumes(day: Workday) -> None:
    """Pause after the first message; nothing more is sent; resume, and lift the rate."""
    olga, room = day.olga, CampaignRoom(day.olga)
    day.wait_until(lambda: day.sent() >= 1, what="the first message")
    room.is_in("running")
    olga.look("running")
    room.does("pause")
    room.is_in("paused")
    olga.says("Why nothing is being sent")
    room.sends_nothing()
    before = day.sent()
    olga.look("paused")
    room.sets(per_minute="")
    assert day.sent() == before
    room.does("resume")
    room.is_in("finished")
    assert day.sent() == PEOPLE
    assert day.gateway.control.figures().twice == 0
    olga.look("finished")
