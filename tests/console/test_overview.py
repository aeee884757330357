"""The overview: first steps in a new installation, then problems and figures."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Account, Outage, Worker
from accounts.states import AccountState
from campaigns.models import CampaignRun
from clocks import shared
from contacts.models import ContactImport
from qqcampaign.console import last_hour
from sending.models import Attempt, Delivery
from sending.querysets.run_minutes import add_run_minutes
from sending.states import RunState
from tests.console.sample_data import FIRST_ACCOUNT, make_account, make_egress, make_world

pytestmark = pytest.mark.both_databases


def test_a_fresh_installation_shows_the_first_steps(operator: Client) -> None:
    page = operator.get("/").content.decode()
    assert "First steps" in page
    assert "Import the sending accounts" in page


def test_it_lists_everything_that_needs_attention(operator: Client) -> None:
    make_world()
    quiet = operator.get("/").content.decode()
    assert "in quarantine" not in quiet
    assert "It is unknown whether" in quiet
    Account.objects.filter(uin=FIRST_ACCOUNT).update(state=AccountState.QUARANTINED)
    Outage.objects.update(ended_at=None, sentence="No route to it.")
    Worker.objects.update(ended_at="2026-01-01T00:00:00Z")
    CampaignRun.objects.update(state=RunState.STOPPED, state_detail="30 of 50 failed.")
    ContactImport.objects.update(state="failed", problem="It is a picture.")
    page = operator.get("/overview/live/").content.decode()
    for sentence in [
        "is in quarantine",
        "No route to it.",
        "No worker is running",
        "30 of 50 failed.",
        "It is a picture.",
    ]:
        assert sentence in page


def test_it_counts_the_last_hour_by_minute_and_code(operator: Client) -> None:
    make_world()
    _keep_minutes()
    hour = last_hour.last_hour()
    assert sum(n for _, n in hour.minutes) == Attempt.objects.count() == sum(hour.codes.values())
    assert hour.codes["0"] == Delivery.objects.filter(state="sent").count()
    assert len(hour.minutes) == 60


def test_the_last_hour_is_read_from_the_results_by_minute(db: None) -> None:
    """By the index of minutes; an hour of fast sending has hundreds of thousands of attempts."""
    with CaptureQueriesContext(connection) as captured:
        last_hour._last_hour(shared.wall())
    (query,) = captured.captured_queries
    assert "sending_runminute" in query["sql"]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan TO off")
            cursor.execute(f"EXPLAIN {query['sql']}")
        else:
            cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
        plan = " ".join(str(row) for row in cursor.fetchall())
    assert "runminute_minute" in plan, plan


def test_its_number_of_queries_does_not_grow_with_the_rows(operator: Client) -> None:
    make_world(people=7)
    few = _queries(operator)
    run = CampaignRun.objects.get()
    Delivery.objects.bulk_create(Delivery(run=run, uin=n, state="pending") for n in range(300))
    cache.clear()
    assert _queries(operator) <= few <= 48


def test_a_running_campaign_says_when_it_will_be_done(operator: Client) -> None:
    make_world()
    page = operator.get("/overview/live/").content.decode()
    assert "done in about" in page
    CampaignRun.objects.update(state=RunState.PAUSED)
    cache.clear()
    assert "done in about" not in operator.get("/overview/live/").content.decode()


def _keep_minutes() -> None:
    """Count the attempts of the sample by minute, as the ledger does."""
    minute = int(timezone.now().timestamp()) // 60
    for run, code in Attempt.objects.values_list("delivery__run", "res"):
        add_run_minutes(shard=1, changes=Counter({(run, minute, code): 1}))


def _queries(client: Client) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get("/overview/live/").status_code == 200
    return sum("SAVEPOINT" not in one["sql"] for one in asked)


def test_the_first_steps_name_the_gateway(operator: Client, settings: Any) -> None:
    settings.QQ_GATEWAY_URL = "http://gateway.example:8765/"
    page = operator.get("/").content.decode()
    assert "QQ_GATEWAY_URL is http://gateway.example:8765/" in page
    assert [step["is_done"] for step in operator.get("/").context["steps"]] == [False] * 7
    make_account(FIRST_ACCOUNT, egress=make_egress())
    done = {step["key"]: step["is_done"] for step in operator.get("/").context["steps"]}
    assert done["gateway"]
