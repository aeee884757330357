"""The verbs of the command `campaign` that only read: status, wait and report."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import Account
from campaigns.models import Campaign, CampaignRun
from campaigns.run_control.lifecycle import start_campaign
from contacts.models import ContactList
from sending.models import Attempt
from sending.states import RunState
from tests.campaigns.campaign_command import (
    PEOPLE,
    TEXT,
    a_running_campaign,
    finish,
    make_members,
)
from tests.campaigns.factories import make_campaign, make_run
from tests.commandline import manage

# Starting and resuming wake workers through Redis.
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]

STATUS_KEYS = (
    "state", "targeted", "pending", "sending", "sent", "failed", "skipped", "cancelled",
    "unknown", "res", "rate_per_second", "eta",
)  # fmt: skip


@pytest.fixture
def members() -> ContactList:
    return make_members()


# --- status -----------------------------------------------------------------------------------


def test_the_status_of_a_campaign_that_never_ran(members: ContactList) -> None:
    make_campaign("spring", lists=[members])
    answer = manage("campaign", "status", "spring", "--json").json
    assert tuple(answer)[: len(STATUS_KEYS)] == STATUS_KEYS
    assert answer["state"] == "draft"
    assert answer["targeted"] == 0
    assert "has not been started" in manage("campaign", "status", "spring").out


def test_the_json_of_status_has_the_documented_keys(members: ContactList) -> None:
    run = a_running_campaign()
    account, delivery = Account.objects.get(uin=20_001), run.deliveries.earliest("pk")
    now = timezone.now()
    CampaignRun.objects.filter(pk=run.pk).update(state_changed_at=now - timedelta(seconds=10))
    Attempt.objects.create(
        delivery=delivery, account=account, seq=1, marked_at=now, finished_at=now, res="0"
    )
    run.tallies.create(shard=3, kind="state", key="sent", n=1)
    run.tallies.create(shard=3, kind="state", key="pending", n=-1)
    run.tallies.create(shard=3, kind="res", key="0", n=1)
    run.tallies.create(shard=3, kind="res", key="NULL", n=2)
    answer = manage("campaign", "status", "spring", "--json").json
    assert tuple(answer)[: len(STATUS_KEYS)] == STATUS_KEYS
    assert answer["state"] == "running"
    assert answer["res"] == {"0": 1, "NULL": 2}
    assert (answer["targeted"], answer["pending"], answer["sent"]) == (4, 3, 1)
    assert answer["targeted"] == sum(answer[state] for state in STATUS_KEYS[2:9])
    assert answer["rate_per_second"] > 0
    assert datetime.fromisoformat(answer["eta"]) > now
    assert answer["run"] == 1
    assert any("worker" in sentence for sentence in answer["why"])
    said = manage("campaign", "status", "spring").out
    assert "spring #1: running" in said
    assert "1 of 4 done" in said


def test_an_earlier_run_can_be_asked_for(members: ContactList) -> None:
    finish(a_running_campaign())
    start_campaign(campaign=Campaign.objects.get())
    assert manage("campaign", "status", "spring", "--json").json["run"] == 2
    assert manage("campaign", "status", "spring", "--run", 1, "--json").json["state"] == "finished"
    assert (
        manage("campaign", "status", "spring", "--run", 3, "--json").json["error"] == "run_unknown"
    )


# --- wait -------------------------------------------------------------------------------------


def test_wait_ends_with_a_run_that_is_finished(members: ContactList) -> None:
    finish(a_running_campaign())
    said = manage("campaign", "wait", "spring", "--json")
    assert said.status == 0
    assert said.json["state"] == "finished"
    assert "4 of 4" not in said.out


@pytest.mark.parametrize("state", [RunState.CANCELLED, RunState.STOPPED])
def test_wait_says_why_a_run_ended_early(members: ContactList, state: str) -> None:
    make_run(make_campaign("spring"), state=state, state_detail="too many failures")
    said = manage("campaign", "wait", "spring")
    assert said.status == 1
    assert "too many failures" in said.err
    assert manage("campaign", "wait", "spring", "--json").json["error"] == state


def test_wait_gives_up_when_its_time_is_over(members: ContactList) -> None:
    a_running_campaign()
    said = manage("campaign", "wait", "spring", "--timeout", "0.1")
    assert said.status == 1
    assert "0 of 4 done" in said.err
    assert "\r" not in said.err
    assert manage("campaign", "wait", "spring", "--timeout", 0, "--json").json["error"] == "timeout"


# --- report -----------------------------------------------------------------------------------


def test_a_report_is_written_to_a_file(members: ContactList, tmp_path: Path) -> None:
    run = a_running_campaign()
    CampaignRun.objects.filter(pk=run.pk).update(text=TEXT)
    finish(run)
    file = tmp_path / "报告 1.csv"
    answer = manage("campaign", "report", "spring", "--format", "csv", "--out", file, "--json").json
    assert (answer["rows"], answer["file"]) == (4, str(file))
    with file.open(encoding="utf-8", newline="") as report:
        rows = list(csv.DictReader(report))
    assert [row["uin"] for row in rows] == [str(uin) for uin in PEOPLE]
    assert {row["text"] for row in rows} == {TEXT}
    assert list(tmp_path.iterdir()) == [file]
    assert "4 rows" in manage("campaign", "report", "spring", "--out", file).out


def test_a_report_on_standard_output_is_the_only_output(members: ContactList) -> None:
    finish(a_running_campaign())
    said = manage("campaign", "report", "spring", "--format", "json", "--out", "-")
    assert len(json.loads(said.out)) == 4
    said = manage("campaign", "report", "spring", "--out", "-")
    assert len(list(csv.reader(io.StringIO(said.out, newline="")))) == 5


def test_a_report_that_cannot_be_written_leaves_the_old_file(
    members: ContactList, tmp_path: Path
) -> None:
    finish(a_running_campaign())
    for place in (tmp_path / "missing" / "report.csv", tmp_path):
        said = manage("campaign", "report", "spring", "--out", place, "--json")
        assert said.status == 1
        assert said.json["error"] == "cannot_write"
        assert str(place) in said.json["sentence"]
    assert list(tmp_path.iterdir()) == []


def test_a_campaign_that_never_ran_has_no_report(members: ContactList, tmp_path: Path) -> None:
    make_campaign("spring")
    said = manage("campaign", "report", "spring", "--out", tmp_path / "r.csv", "--json")
    assert said.json["error"] == "not_started"
