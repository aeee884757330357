"""The figures of all campaigns over a period: what counts, where days begin, what is refused."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import CampaignRun
from campaigns.reports.period import report_of_period
from campaigns.reports.period_table import COLUMNS
from campaigns.reports.report_filter import ReportFilter
from contacts.models import Contact
from foundation.refusals import Refusal
from labels.models import Label
from sending.models import Reply, RunMinute, Tally
from sending.states import DeliveryState
from tests.campaigns.factories import (
    make_account,
    make_campaign,
    make_delivery,
    make_list,
    make_run,
)
from tests.commandline import manage

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
DAY = date(2026, 11, 10)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=SHANGHAI)


def planned(name: str, when: datetime, *labels: Label, **states: int) -> CampaignRun:
    """Make a run with tallies, as two workers leave them."""
    campaign = make_campaign(name)
    campaign.labels.set(labels)
    run = make_run(campaign, planned_at=when)
    for state, n in states.items():
        Tally.objects.create(run=run, kind="state", key=state, shard=1, n=n + 2)
        Tally.objects.create(run=run, kind="state", key=state, shard=2, n=-2)
    return run


def replied(run: CampaignRun, uin: int, *, times: int = 1) -> None:
    """Make one more delivery, sent, and its replies."""
    make_list("members", [uin])
    delivery = make_delivery(run, Contact.objects.get(uin=uin), account=make_account(uin))
    for _n in range(times):
        Reply.objects.create(delivery=delivery, run=run, at=at(DAY, 12))


def test_runs_count_on_the_day_they_were_planned_in_the_installations_zone() -> None:
    planned("before", at(DAY, 0) - timedelta(minutes=1), sent=100)
    first = planned("first", at(DAY, 0), sent=10, failed=3)
    last = planned("last", at(DAY, 23, 59), sent=5, skipped=1)
    planned("after", at(DAY, 23, 59) + timedelta(minutes=1), sent=100)
    report = report_of_period(since=DAY, until=DAY)
    assert [run for run, _figures in report.runs] == [last, first]
    assert (report.total.targeted, report.total.sent) == (19, 15)
    assert report.total.states == {"sent": 15, "failed": 3, "skipped": 1}
    assert report.total.targeted == sum(figures.targeted for _run, figures in report.runs)


def test_a_person_who_replied_twice_counts_once_and_labels_add_up_their_campaigns() -> None:
    vip, spring = Label.objects.create(name="VIP"), Label.objects.create(name="春")
    one = planned("one", at(DAY, 9), vip, spring, sent=1)
    two = planned("two", at(DAY, 10), vip, sent=3)
    planned("three", at(DAY, 11), sent=1)
    replied(one, 100_001, times=2)
    replied(two, 100_002)
    report = report_of_period(since=DAY, until=DAY)
    assert report.total.replied == 2
    assert [(str(label), found.sent, found.replied) for label, found in report.labels] == [
        ("VIP", 6, 2),
        ("春", 2, 1),
    ]
    only = report_of_period(since=DAY, until=DAY, chosen=ReportFilter(labels=(spring,)))
    assert [run for run, _figures in only.runs] == [one]
    assert only.total.reply_rate == 0.5


def test_results_belong_to_the_day_and_hour_in_which_they_came() -> None:
    run = planned("old", at(DAY - timedelta(days=40), 9), sent=9)
    for when, res, n in (
        (at(DAY, 0) - timedelta(minutes=1), "0", 50),
        (at(DAY, 0), "0", 3),
        (at(DAY, 13, 59), "0", 4),
        (at(DAY, 13, 1), "timeout", 2),
        (at(DAY + timedelta(days=1), 23, 59), "0", 5),
        (at(DAY + timedelta(days=2), 0), "0", 50),
    ):
        minute = int(when.timestamp()) // 60
        RunMinute.objects.create(run=run, minute=minute, res=res, n=n)
    report = report_of_period(since=DAY, until=DAY + timedelta(days=1))
    assert report.runs == []
    assert report.days == {DAY: (7, 2), DAY + timedelta(days=1): (5, 0)}
    tuesday, wednesday = report.hours[1], report.hours[2]
    assert (tuesday[0], tuesday[13], wednesday[23]) == (3, 4, 5)
    assert sum(map(sum, report.hours)) == 12


def test_a_day_of_25_hours_is_one_day(settings: object) -> None:
    settings.TIME_ZONE = "America/New_York"  # type: ignore[attr-defined]
    sunday = date(2026, 11, 1)
    run = planned("old", datetime(2026, 10, 1, tzinfo=UTC), sent=1)
    for hour in range(4, 29):  # from midnight to midnight, 25 hours later
        minute = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp()) // 60 + hour * 60
        RunMinute.objects.create(run=run, minute=minute, res="0", n=1)
    report = report_of_period(since=sunday, until=sunday)
    assert report.days == {sunday: (25, 0)}
    assert report.hours[6][1] == 2


def test_reasons_are_summed_over_the_runs() -> None:
    for name, n in (("a", 2), ("b", 3)):
        run = planned(name, at(DAY, 9), skipped=n)
        Tally.objects.create(run=run, kind="reason", key="skipped:suppressed", n=n)
    Tally.objects.create(run=run, kind="reason", key="failed:RES_5", shard=7, n=1)
    report = report_of_period(since=DAY, until=DAY)
    assert report.reasons == [("skipped", "suppressed", 5), ("failed", "RES_5", 1)]


def test_the_number_of_queries_does_not_grow_with_the_runs() -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            report_of_period(since=DAY, until=DAY)
        return len(asked)

    planned("one", at(DAY, 9), Label.objects.create(name="l"), sent=1)
    few = queries()
    for n in range(20):
        planned(f"c{n}", at(DAY, 9), sent=1)
    assert queries() == few


@pytest.mark.parametrize(
    ("since", "until", "code"),
    [
        (DAY, DAY - timedelta(days=1), "period_reversed"),
        (DAY, DAY + timedelta(days=366), "period_long"),
        (DAY, date.max, "day_unknown"),
        (date.min, DAY, "day_unknown"),
    ],
)
def test_a_period_that_makes_no_sense_is_refused(since: date, until: date, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        report_of_period(since=since, until=until)
    assert refused.value.code == code


def test_the_command_says_and_writes_the_same(tmp_path: Path) -> None:
    run = planned("=春天", at(DAY, 9), Label.objects.create(name="VIP"), sent=7, failed=2)
    replied(run, 100_001)
    period = ("--since", "2026-11-10", "--until", "2026-11-10")
    said = manage("report", *period, "--label", "vip", "--json").json
    assert said["total"]["sent"] == 8
    assert said["runs"][0]["campaign"] == "=春天"
    assert said["labels"][0]["label"] == "VIP"
    assert said["days"] == [{"day": "2026-11-10", "sent": 0, "other": 0}]
    assert "=春天 #1" in manage("report", *period).out
    manage("report", *period, "--out", tmp_path / "r.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "r.csv").read_text("utf-8-sig"))))
    assert [rows[0][name] for name in ("campaign", "sent", "replied", "planned_at")] == [
        "'=春天",
        "8",
        "1",
        "2026-11-10 09:00",
    ]
    manage("report", *period, "--format", "xlsx", "--out", tmp_path / "r.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "r.xlsx").active
    assert sheet is not None
    assert tuple(cell.value for cell in sheet[1]) == COLUMNS
    unknown = manage("report", "--label", "nobody", "--json")
    assert (unknown.status, unknown.json["error"]) == (1, "label_unknown")
    assert manage("report", "--since", "yesterday").status == 2


def test_labels_and_campaigns_narrow_each_other_and_each_run_counts_once() -> None:
    vip, spring = Label.objects.create(name="VIP"), Label.objects.create(name="春")
    one = planned("one", at(DAY, 9), vip, spring, sent=1)
    two = planned("two", at(DAY, 10), vip, sent=3)
    three = planned("three", at(DAY, 11), sent=5)
    for run in (one, two, three):
        minute = int(at(DAY, 12).timestamp()) // 60
        RunMinute.objects.create(run=run, minute=minute, res="0", n=run.campaign_id)

    def found(**chosen: tuple[object, ...]) -> tuple[list[CampaignRun], int]:
        report = report_of_period(
            since=DAY,
            until=DAY,
            chosen=ReportFilter(**chosen),  # type: ignore[arg-type]
        )
        return [run for run, _figures in report.runs], report.days[DAY][0]

    def taken(*runs: CampaignRun) -> int:
        return sum(run.campaign_id for run in runs)

    assert found(labels=(vip, spring)) == ([two, one], taken(one, two))
    campaigns = (one.campaign, three.campaign)
    assert found(campaigns=campaigns) == ([three, one], taken(one, three))
    assert found(labels=(vip,), campaigns=campaigns) == ([one], taken(one))


def test_states_without_deliveries_are_in_the_data() -> None:
    assert report_of_period(since=DAY, until=DAY).total.as_data() == {
        "targeted": 0,
        **Counter({state.value: 0 for state in DeliveryState}),
        "replied": 0,
        "reply_rate": None,
        "opted_out": 0,
    }
