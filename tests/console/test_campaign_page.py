"""A campaign's page: figures with links to their rows, actions with confirmation and result."""

from __future__ import annotations

import csv
import io
import json
import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaigns.models import Campaign, CampaignRun
from contacts.models import Segment
from sending.models import Delivery
from sending.states import DeliveryState, RunState
from tests.console.sample_data import make_world

pytestmark = pytest.mark.both_databases


def _page(campaign: Campaign, name: str = "page", *args: object) -> str:
    return reverse(f"admin:campaigns_campaign_{name}", args=[campaign.pk, *args])


def _said(answer: object) -> str:
    request = answer.wsgi_request  # type: ignore[attr-defined]
    return " ".join(str(message) for message in get_messages(request))


@pytest.mark.slow
def test_every_figure_leads_to_exactly_its_rows(operator: Client) -> None:
    campaign = make_world()
    html = operator.get(_page(campaign)).content.decode()
    figures = re.findall(r'<a class="q-figure[^"]*" href="([^"]+)"><b>([\d,]+)</b>', html)
    assert len(figures) == 9
    for address, number in figures:
        answer = operator.get(address.replace("&amp;", "&"))
        rows = answer.context["cl"].result_list
        assert len(rows) == int(number.replace(",", "")), address


def test_reasons_and_codes_lead_to_lists_with_their_filter(operator: Client) -> None:
    campaign = make_world()
    html = operator.get(_page(campaign)).content.decode()
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="(/sending/del[^"]+)"', html)]
    reason = next(link for link in links if "reason=" in link)
    assert dict(parse_qsl(urlsplit(reason).query))["reason"] == "RES_5"
    assert {row.reason for row in operator.get(reason).context["cl"].result_list} == {"RES_5"}


def test_a_tick_asks_as_little_for_many_deliveries_as_for_few(operator: Client) -> None:
    campaign = make_world(people=7)
    address = _page(campaign, "live")
    operator.get(address)  # fills the cache of the reasons for waiting
    few = _queries(operator, address)
    run = CampaignRun.objects.get()
    Delivery.objects.bulk_create(
        Delivery(run=run, uin=40_000_000 + n, state=DeliveryState.PENDING) for n in range(500)
    )
    assert _queries(operator, address) == few <= 9


def test_the_page_stops_asking_when_the_run_has_ended(operator: Client) -> None:
    campaign = make_world()
    assert operator.get(_page(campaign, "live")).status_code == 200
    CampaignRun.objects.update(state=RunState.FINISHED)
    assert operator.get(_page(campaign, "live")).status_code == 286
    assert (
        "hx-trigger"
        not in operator.get(_page(campaign)).content.decode().split('id="live"')[1][:300]
    )


@pytest.mark.parametrize("verb", ["pause", "cancel", "start", "retry", "resume", "retry-unknown"])
def test_looking_changes_nothing(verb: str, operator: Client) -> None:
    campaign = make_world()
    before = list(CampaignRun.objects.values()), list(Delivery.objects.values())
    answer = operator.get(_page(campaign, "do", verb))
    assert answer.status_code == 200
    assert "No, go back" in answer.content.decode()
    assert (list(CampaignRun.objects.values()), list(Delivery.objects.values())) == before


def test_pause_says_what_will_happen_does_it_and_says_so(
    operator: Client, redis_server: str
) -> None:
    campaign = make_world()
    address = _page(campaign, "do", "pause")
    assert "At most one message per account is in flight" in operator.get(address).content.decode()
    answer = operator.post(address)
    assert CampaignRun.objects.get().state == RunState.PAUSED
    assert "Paused." in _said(answer)
    page = operator.get(_page(campaign)).content.decode()
    assert "Resume" in page
    assert "Paused by op" in page


def test_a_refusal_is_a_sentence(operator: Client) -> None:
    campaign = make_world()
    answer = operator.post(_page(campaign, "do", "resume"))
    assert "Only a paused or stopped campaign can be resumed." in _said(answer)
    assert CampaignRun.objects.get().state == RunState.RUNNING


def test_start_makes_a_run(operator: Client, redis_server: str) -> None:
    campaign = make_world()
    CampaignRun.objects.update(state=RunState.FINISHED)
    answer = operator.post(_page(campaign, "do", "start-again"))
    assert "has started" in _said(answer)
    assert campaign.runs.count() == 2


@pytest.mark.parametrize("state", [RunState.FINISHED, RunState.CANCELLED])
def test_starting_an_ended_campaign_says_who_gets_it_twice(
    state: RunState, operator: Client
) -> None:
    campaign = make_world()
    CampaignRun.objects.update(state=state)
    page = operator.get(_page(campaign)).content.decode()
    assert "Start a new run" in page
    assert f"{_page(campaign, 'do', 'start')}?" not in page
    question = operator.get(_page(campaign, "do", "start-again")).content.decode()
    assert "in this run will get" in question
    assert "whole audience again" in question
    assert CampaignRun.objects.count() == 1


def test_a_run_that_has_ended_is_not_asked_why_it_stands_still(operator: Client) -> None:
    campaign = make_world()
    CampaignRun.objects.update(state=RunState.PAUSED, state_detail="Paused by op.")
    assert operator.get(_page(campaign)).content.decode().count("Paused by op.") == 1
    CampaignRun.objects.update(state=RunState.CANCELLED, state_detail="Cancelled by op.")
    page = operator.get(_page(campaign)).content.decode()
    assert "Why nothing is being sent" not in page
    assert "Cancelled by op." in page


def test_the_page_names_the_segments_it_goes_to(operator: Client) -> None:
    campaign = make_world()
    campaign.lists.clear()
    campaign.segments.add(Segment.objects.create(name="北京的人", conditions={}))
    assert "北京的人" in operator.get(_page(campaign)).content.decode()
    rows = operator.get(reverse("admin:campaigns_campaign_changelist")).content.decode()
    assert "北京的人" in rows


def test_retry_takes_exactly_the_failed(operator: Client, redis_server: str) -> None:
    campaign = make_world()
    failed = set(Delivery.objects.filter(state="failed").values_list("pk", flat=True))
    CampaignRun.objects.update(state=RunState.FINISHED)
    operator.post(_page(campaign, "do", "retry"))
    pending = set(Delivery.objects.filter(state="pending").values_list("pk", flat=True))
    assert failed
    assert failed <= pending
    assert Delivery.objects.filter(state="unknown").exists()


def test_preflight_shows_the_figures_and_writes_nothing(operator: Client) -> None:
    campaign = make_world()
    page = operator.get(_page(campaign, "preflight")).content.decode()
    assert "recipients" in page
    assert "您好" in page
    assert CampaignRun.objects.count() == 1


@pytest.mark.parametrize("format", ["csv", "json", "xlsx"])
def test_the_report_has_a_row_a_delivery(format: str, operator: Client) -> None:
    campaign = make_world()
    answer = operator.get(_page(campaign, "report", format))
    body = b"".join(answer)
    assert int(answer["Content-Length"]) == len(body)
    if format == "csv":
        assert len(list(csv.DictReader(io.StringIO(body.decode())))) == 14
    elif format == "json":
        assert len(json.loads(body)) == 14
    else:
        assert body.startswith(b"PK")


@pytest.mark.parametrize(
    "address",
    ["page/?run=99", "do/explode/", "report/exe/", "live/?run=99"],
)
def test_what_is_not_there_is_a_404(address: str, operator: Client) -> None:
    campaign = make_world()
    assert operator.get(f"/campaigns/campaign/{campaign.pk}/{address}").status_code == 404
    assert operator.get(f"/campaigns/campaign/4711/{address}").status_code == 404


@pytest.mark.parametrize(
    ("action", "to"), [("say_arrived", "sent"), ("say_lost", "failed"), ("send_again", "pending")]
)
def test_unknown_deliveries_are_resolved(
    action: str, to: str, operator: Client, redis_server: str
) -> None:
    make_world()
    unknown = list(Delivery.objects.filter(state="unknown").values_list("pk", flat=True))
    address = reverse("admin:sending_delivery_changelist") + "?state__exact=unknown"
    form = {"action": action, "_selected_action": unknown}
    answer = operator.post(address, form)
    if action == "send_again":
        assert "twice" in answer.content.decode()
        assert Delivery.objects.filter(state="unknown").count() == len(unknown)
        operator.post(address, {**form, "is_confirmed": "1"})
    assert set(Delivery.objects.filter(pk__in=unknown).values_list("state", flat=True)) == {to}


def test_only_unknown_ones_are_resolved(operator: Client) -> None:
    make_world()
    pending = list(Delivery.objects.filter(state="pending").values_list("pk", flat=True))
    address = reverse("admin:sending_delivery_changelist")
    answer = operator.post(address, {"action": "say_arrived", "_selected_action": pending})
    assert "None of the selected deliveries is unknown." in _said(answer)
    assert Delivery.objects.filter(pk__in=pending, state="pending").count() == len(pending)


def _queries(client: Client, address: str) -> int:
    """Count the queries of a request: the fewer of two, as one of them may renew what is cached."""
    counts = []
    for _request in range(2):
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200
        counts.append(sum("SAVEPOINT" not in one["sql"] for one in asked))
    return min(counts)
