"""The evening: reports, a viewer's look, and a program that asks the API."""

from __future__ import annotations

import requests

from tests.console.day.afternoon import ANSWERED
from tests.console.day.api_room import ApiRoom
from tests.console.day.campaign_room import CampaignRoom
from tests.console.day.inbox_room import InboxRoom
from tests.console.day.workday import CAMPAIGN, PATIENCE, PEOPLE, Workday

PROGRAM = "商城"


def reads_reports(day: Workday) -> None:
    """Read the report of the campaign and the overall one, and load the rows as a file."""
    olga = day.olga
    olga.go("Overall report")
    olga.shows(CAMPAIGN)
    olga.look("report")
    assert len(CampaignRoom(olga).report()) == PEOPLE + 1
    olga.look("campaign-at-the-end")
    olga.follow("Figures")
    olga.look("figures")
    olga.waits()


def looks_on(day: Workday) -> None:
    """A viewer sees all of it, is offered nothing, and is refused what is not offered."""
    vera, campaign, inbox = day.vera, CampaignRoom(day.vera), InboxRoom(day.vera)
    vera.look("overview")
    vera.go("Campaigns")
    vera.follow(CAMPAIGN)
    vera.look("campaign")
    assert campaign.verbs().count() == 0
    inbox.opens(ANSWERED)
    vera.shows(ANSWERED)
    assert inbox.reply().count() == 0
    vera.look("inbox")
    vera.go("Friend requests")
    assert vera.page.locator("select[name=action]").count() == 0
    vera.look("friend-requests")
    refused = (campaign.address("do/start-again"), "/auth/user/", "/campaigns/campaign/add/")
    for path in refused:
        vera.is_refused(path)
    vera.look("refused")
    vera.waits()


def uses_the_api(day: Workday) -> None:
    """Make a token by the form, ask the API with it, and find the request in the log."""
    token = ApiRoom(day.olga).makes_token(PROGRAM, scope="read")
    day.olga.waits()
    headers = {"Authorization": f"Bearer {token}"}
    address = f"{day.stack.url}api/v1/campaigns/{CAMPAIGN}"
    answer = requests.get(f"{address}/status", headers=headers, timeout=PATIENCE)
    assert (answer.status_code, answer.json()["sent"]) == (200, PEOPLE)
    refused = requests.post(f"{address}/start", headers=headers, timeout=PATIENCE)
    assert refused.status_code == 403
    log = ApiRoom(day.admin)
    day.wait_until(lambda: log.logged(PROGRAM) >= 2, what="the log of requests")
    day.admin.look("api-requests")
    day.admin.go("Audit trail")
    day.admin.look("audit-trail")
    day.admin.open("/")
    day.admin.look("overview")
