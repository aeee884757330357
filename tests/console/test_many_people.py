"""Pages that count the people of a campaign: many are counted after the page is there."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaigns.models import Campaign
from campaigns.planning.preflight_people import takes_long_to_count
from contacts.models import ContactList, Segment
from tests.campaigns.factories import make_account, make_campaign, make_list
from tests.console.sample_data import make_operator
from tests.console.test_browser_twin_edits import sign_in

UINS = range(100_000, 100_020)
FOLLOWS = re.compile(r'hx-get="([^"]+/counted/)"')


@pytest.fixture
def many(db: None, monkeypatch: pytest.MonkeyPatch) -> ContactList:
    """Return a list of more people than are counted while a page waits."""
    monkeypatch.setattr("campaigns.planning.preflight_people.MOST_AT_ONCE", len(UINS) - 1)
    make_account(20_001, friends=UINS)
    return make_list("all", UINS)


def _preflight(campaign: Campaign) -> str:
    return reverse("admin:campaigns_campaign_preflight", args=[campaign.pk])


def _step(campaign: Campaign, name: str) -> str:
    return reverse("admin:campaigns_campaign_step", args=[campaign.pk, name])


def _counts(asked: CaptureQueriesContext) -> bool:
    """Return whether a statement picked accounts for people."""
    return any("picked_account" in query["sql"] for query in asked)


def test_the_preflight_comes_before_its_figures(operator: Client, many: ContactList) -> None:
    campaign = make_campaign("c", lists=[many])
    with CaptureQueriesContext(connection) as asked:
        page = operator.get(_preflight(campaign)).content.decode()
    assert not _counts(asked)
    assert "q-figure" not in page
    assert "Rehearse" in page
    (address,) = FOLLOWS.findall(page)
    figures = operator.get(address).content.decode()
    assert re.findall(r'<a class="q-figure[^>]*><b>(\d+)', figures) == ["20", "20"]
    assert "Rehearse" in figures
    assert "<html" not in figures


def test_few_people_are_counted_with_the_page(operator: Client, many: ContactList) -> None:
    few = make_list("few", UINS[:5])
    campaign = make_campaign("c", lists=[few])
    page = operator.get(_preflight(campaign)).content.decode()
    assert re.findall(r'<a class="q-figure[^>]*><b>(\d+)', page) == ["5", "5"]
    assert not FOLLOWS.findall(page)


def test_what_reads_all_contacts_takes_long_whoever_is_in_it(many: ContactList) -> None:
    few = make_list("few", UINS[:5])
    segment = Segment.objects.create(name="nobody", conditions={"all": []})
    campaigns = {
        "one list": make_campaign("1", lists=[few]),
        "two lists": make_campaign("2", lists=[few, make_list("fewer", UINS[:2])]),
        "a segment": make_campaign("3", lists=[]),
    }
    campaigns["a segment"].segments.add(segment)
    long = {name for name, one in campaigns.items() if takes_long_to_count(campaign=one)}
    assert long == {"two lists", "a segment"}


@pytest.mark.parametrize("name", ["who", "senders", "check"])
def test_a_step_comes_before_its_figures(operator: Client, many: ContactList, name: str) -> None:
    campaign = make_campaign("c", lists=[many])
    with CaptureQueriesContext(connection) as asked:
        page = operator.get(_step(campaign, name)).content.decode()
    assert not _counts(asked)
    assert "There is no list yet" not in page
    assert "There is no account yet" not in page
    (address,) = FOLLOWS.findall(page)
    result = operator.get(address).content.decode()
    assert ">20<" in result
    # The button of the last step comes with the problems that would hide it.
    assert ("Start now" in page, "Start now" in result) == (False, name == "check")
    assert ('id="start-button" hx-swap-oob' in result) is (name == "check")


def test_what_is_saved_while_typing_is_counted_after_it(
    operator: Client, many: ContactList
) -> None:
    campaign = make_campaign("c", lists=[])
    posted = {"name": "c", "lists": [many.pk], "_live": "1"}
    with CaptureQueriesContext(connection) as asked:
        answer = operator.post(_step(campaign, "who"), posted).json()
    assert answer["is_saved"]
    assert not _counts(asked)
    (address,) = FOLLOWS.findall(answer["result"])
    assert ">20<" in operator.get(address).content.decode()


def test_a_step_without_people_has_none_to_count(operator: Client, many: ContactList) -> None:
    campaign = make_campaign("c", lists=[])
    assert operator.get(_step(campaign, "what") + "counted/").status_code == 404
    assert operator.get(_step(campaign, "who").replace(str(campaign.pk), "9")).status_code == 404
    assert not FOLLOWS.findall(operator.get(_step(campaign, "who")).content.decode())


def test_an_audience_that_cannot_be_read_says_so(operator: Client, many: ContactList) -> None:
    campaign = make_campaign("c", lists=[many])
    segment = Segment.objects.create(
        name="odd", conditions={"all": [{"field": "attributes.x", "op": "nonsense", "value": 1}]}
    )
    campaign.segments.add(segment)
    (address,) = FOLLOWS.findall(operator.get(_preflight(campaign)).content.decode())
    assert "q-says danger" in operator.get(address).content.decode()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.one_database  # It is about a page that gets no answer.
def test_figures_that_do_not_come_can_be_asked_for_again(
    page: Any, live_server: Any, many: ContactList
) -> None:
    campaign = make_campaign("c", lists=[many])
    make_operator()
    page.goto(live_server.url + _preflight(campaign))
    page.route("**/counted/", lambda route: route.abort())
    sign_in(page)
    page.get_by_text("The people could not be counted").wait_for()
    page.unroute("**/counted/")
    page.get_by_role("button", name="Try again").click()
    page.locator(".q-figure.success").wait_for()
    assert page.locator(".q-figure.success b").inner_text() == "20"
    page.goto(live_server.url + _step(campaign, "check"))
    page.get_by_role("button", name="Start now").wait_for()
