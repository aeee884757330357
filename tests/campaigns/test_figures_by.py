"""A run's figures by account and hour are exact and add up to its totals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Account
from campaigns.models import CampaignRun
from campaigns.reports.check_sums import check_sums
from campaigns.reports.figures_by import figures_by
from contacts.models import Contact
from sending.models import Delivery
from sending.states import DeliveryState, RunState
from tests.campaigns.factories import (
    make_account,
    make_campaign,
    make_delivery,
    make_inbound,
    make_list,
    make_run,
)
from tests.commandline import manage
from tests.console.sample_data import make_operator
from tests.examples import examples

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
NOON = datetime(2026, 3, 1, 12, 10, tzinfo=UTC)


def a_run(*, zone: str = "Asia/Shanghai", people: int = 9) -> CampaignRun:
    """Return a run: three sent by each of two accounts in two hours, the others in other states."""
    accounts = [make_account(uin) for uin in (20_001, 20_002)]
    members = make_list("all", range(100_000, 100_000 + people))
    run = make_run(make_campaign("spring", lists=[members], timezone=zone), state=RunState.FINISHED)
    for number, contact in enumerate(Contact.objects.order_by("pk")):
        state = "sent" if number < 6 else ("failed", "skipped", "sent")[number % 3]
        make_delivery(
            run,
            contact,
            state=state,
            account=None if state == "skipped" else accounts[number % 2],
            reason="" if state == "sent" else "no_account",
            sent_at=NOON + timedelta(minutes=30 * (number % 3)) if number < 6 else None,
        )
    return run


@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        ("Asia/Shanghai", {"2026-03-01T20:00:00+08:00": 4, "2026-03-01T21:00:00+08:00": 2}),
        ("Asia/Kathmandu", {"2026-03-01T17:00:00+05:45": 2, "2026-03-01T18:00:00+05:45": 4}),
    ],
)
def test_hours_are_those_of_the_campaigns_zone(zone: str, hours: dict[str, int]) -> None:
    run = a_run(zone=zone)
    said = manage("campaign", "figures", "spring", "--by", "hour", "--json").json
    assert {one["hour"]: one["sent"] for one in said["items"] if one["hour"]} == hours
    rest = next(one for one in said["items"] if one["hour"] is None)
    assert (rest["sent"], rest["failed"], rest["skipped"]) == (1, 1, 1)
    assert said["next"] is None
    assert check_sums(run) == []


def test_replies_are_counted_once_a_person_and_where_their_message_was_sent() -> None:
    run = a_run()
    sent = list(run.deliveries.filter(sent_at__isnull=False).order_by("pk"))
    for delivery in (sent[0], sent[0], sent[3], sent[4]):
        assert delivery.account is not None
        make_inbound(delivery.account, delivery.uin, at=NOON + timedelta(hours=5))
    Delivery.objects.filter(pk=sent[4].pk).update(state="unknown")

    def replied(by: str, key: str) -> dict[Any, Any]:
        items = manage("campaign", "figures", "spring", "--by", by, "--json").json["items"]
        return {one[key]: (one["replied"], one["reply_rate"]) for one in items}

    assert replied("account", "account") == {
        20_001: (1, 0.3333),
        20_002: (1, 0.3333),
        None: (0, None),
    }
    assert replied("hour", "hour") == {
        "2026-03-01T20:00:00+08:00": (2, 0.6667),
        "2026-03-01T21:00:00+08:00": (0, 0.0),
        None: (0, 0.0),
    }
    # The tallies are the engine's: they do not know the row that became unknown.
    CampaignRun.objects.update(planned_at=NOON)
    assert replied("run", "run") == {1: (2, 0.2857)}
    assert "2" in manage("campaign", "figures", "spring", "--by", "run").out


def test_the_page_links_the_replies(client: Client) -> None:
    client.force_login(make_operator())
    run = a_run()
    first = run.deliveries.filter(sent_at__isnull=False).order_by("pk")[0]
    assert first.account is not None
    make_inbound(first.account, first.uin, at=NOON + timedelta(hours=1))
    address = reverse("admin:campaigns_campaign_figures", args=[run.campaign_id])
    hour, *_others = client.get(address).context["hours"]
    assert (hour.replied, hour.reply_percent) == (1, 25.0)
    listed = client.get(hour.replied_address)
    assert [row.uin for row in listed.context["cl"].result_list] == [first.uin]


def test_the_command_lists_the_accounts() -> None:
    run = a_run()
    said = manage("campaign", "figures", "spring", "--by", "account", "--json").json
    assert {one["account"]: one["sent"] for one in said["items"]} == {20_001: 4, 20_002: 3, None: 0}
    assert sum(one["targeted"] for one in said["items"]) == run.deliveries.count()
    assert "20001" in manage("campaign", "figures", "spring", "--by", "account").out
    assert manage("campaign", "figures", "spring", "--run", 7, "--json").json["error"] == (
        "run_unknown"
    )


def test_a_difference_is_found() -> None:
    run = a_run()
    Delivery.objects.filter(run=run, state="failed").update(state="unknown")
    assert check_sums(run)


@settings(
    max_examples=examples(25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(DeliveryState.values),
            st.sampled_from([None, 20_001, 20_002]),
            st.none() | st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),
        ),
        max_size=12,
    ),
    st.sampled_from(["UTC", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe"]),
)
def test_whatever_the_rows_all_adds_up(rows: list[Any], zone: str) -> None:
    members = make_list("all", [])
    people = [Contact.objects.get_or_create(uin=300_000 + n)[0] for n in range(len(rows))]
    accounts = {
        uin: Account.objects.filter(uin=uin).first() or make_account(uin)
        for uin in (20_001, 20_002)
    }
    name = f"c{CampaignRun.objects.count()}"
    run = make_run(make_campaign(name, lists=[members], timezone=zone), state=RunState.FINISHED)
    for contact, (state, uin, at) in zip(people, rows, strict=True):
        sent_at = at.replace(tzinfo=UTC) if at is not None else None
        make_delivery(
            run, contact, state=state, account=accounts[uin] if uin else None, sent_at=sent_at
        )
    assert check_sums(run) == []
    for item in figures_by(run=run, by="hour")["items"]:
        if item["hour"] is not None:
            assert datetime.fromisoformat(item["hour"]).minute == 0


def test_every_figure_of_the_page_leads_to_its_rows(client: Client) -> None:
    run = a_run()
    client.force_login(make_operator())
    address = reverse("admin:campaigns_campaign_figures", args=[run.campaign_id])
    context = client.get(f"{address}?run=1").context
    for rows in (context["accounts"], context["hours"]):
        assert sum(row.total for row in rows) == run.deliveries.count()
        for row in rows:
            for n, url in [(row.total, row.address), *row.cells]:
                filters = dict(parse_qsl(urlsplit(url).query))
                shown = client.get(url).context["cl"].queryset
                assert shown.count() == n, filters
