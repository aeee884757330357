"""The results of a run over time: read in bounded steps, drawn, and listed as a table."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.models import Campaign, CampaignRun
from sending.models import RunMinute
from sending.querysets.run_minutes import add_run_minutes
from sending.runs.over_time import MOST_POINTS, results_a_minute, results_over_time
from tests.console.sample_data import make_world

pytestmark = pytest.mark.both_databases

START = 29_000_000


def _run() -> CampaignRun:
    campaign: Campaign = make_world()
    found: CampaignRun = campaign.runs.get()
    return found


@pytest.mark.django_db
def test_results_are_added_up_over_the_workers() -> None:
    run = _run()
    for shard in (1, 2):
        for _batch in range(2):
            add_run_minutes(
                shard=shard, changes=Counter({(run.pk, START, "0"): 3, (run.pk, START + 2, "3"): 1})
            )
    found = results_over_time(run=run)
    assert found.starts == [START * 60, (START + 1) * 60, (START + 2) * 60]
    assert found.codes == {"0": [12, 0, 0], "3": [0, 0, 4]}
    assert found.totals == [12, 0, 4]
    assert RunMinute.objects.count() == 4


@pytest.mark.django_db
def test_a_long_run_is_read_in_wider_steps_with_the_same_sum() -> None:
    run = _run()
    RunMinute.objects.bulk_create(
        RunMinute(run=run, minute=START + n * 60, res="0", n=2) for n in range(24 * 40)
    )
    with CaptureQueriesContext(connection) as asked:
        found = results_over_time(run=run)
    assert len(asked) == 2
    assert len(found.starts) <= MOST_POINTS
    assert found.width == 180
    assert sum(found.totals) == 2 * 24 * 40
    steps = {
        later - earlier for earlier, later in zip(found.starts, found.starts[1:], strict=False)
    }
    assert steps == {180 * 60}


@pytest.mark.django_db
def test_a_run_without_results_has_no_chart(operator: Client) -> None:
    run = _run()
    assert results_over_time(run=run).starts == []
    page = operator.get(f"/campaigns/campaign/{run.campaign_id}/over-time/")
    assert page.content.decode().strip() == ""


@pytest.mark.django_db
def test_the_rate_of_all_runs_is_that_of_the_whole_minutes_before() -> None:
    run = _run()
    at = datetime.fromtimestamp(START * 60, UTC) + timedelta(seconds=30)
    for minute, n in ((START - 11, 500), (START - 10, 20), (START - 1, 40), (START, 900)):
        RunMinute.objects.create(run=run, minute=minute, res="0", n=n)
    assert results_a_minute(at=at, minutes=10) == 6.0


@pytest.mark.django_db
def test_the_chart_is_also_a_table_in_the_viewers_language(operator: Client) -> None:
    run = _run()
    minute = int(timezone.now().timestamp()) // 60
    for res, n in (("0", 1200), ("3", 7)):
        RunMinute.objects.create(run=run, minute=minute, res=res, n=n)
    address = f"/campaigns/campaign/{run.campaign_id}/over-time/?run={run.number}"
    page = operator.get(address).content.decode()
    data = json.loads(re.findall(r'<script id="over-time-data"[^>]*>(.*?)</script>', page)[0])
    assert data["starts"] == [minute * 60]
    assert [line["values"] for line in data["series"]] == [[1200], [7]]
    assert re.findall(r"<td>([\d,]+)</td>", page) == ["1,200", "7"]
    operator.cookies["django_language"] = "zh-hans"
    assert "以表格显示" in operator.get(address).content.decode()


@pytest.mark.django_db
def test_a_chart_needs_the_right_to_see_campaigns(client: Client) -> None:
    run = _run()
    assert client.get(f"/campaigns/campaign/{run.campaign_id}/over-time/").status_code == 302
