"""Saved reports: their periods, dates, recipients and mails, which are sent once or not at all."""

from __future__ import annotations

import csv
import io
import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission, User

from accounts.models import Account
from campaigns.models import AccountsOfRun, CampaignRun, Notification, ReportMail, SavedReport
from campaigns.notifications.choose import choose_for_user
from campaigns.report_states import ReportPeriod
from campaigns.reports import accounts_of_runs as counting
from campaigns.reports.accounts_of_runs import accounts_of_runs, count_ended_runs
from campaigns.reports.period import report_of_period
from campaigns.reports.relative_period import days_of
from campaigns.reports.report_filter import ReportFilter
from campaigns.saved_reports import prune, send
from campaigns.saved_reports.after_restore import forget_open_mails
from campaigns.saved_reports.keep import (
    delete_report,
    filter_of,
    save_report,
    schedule_report,
    stop_report,
)
from campaigns.saved_reports.make import make_mails
from campaigns.saved_reports.send import MOST_TRIES, PAUSES, PRESUMED_DEAD_SECONDS, send_mails
from contacts.models import Contact
from foundation.deletion import uses_of
from foundation.refusals import Refusal
from labels.models import Label
from restrictions.models import Restriction
from sending.models import Reply, Tally
from sending.runs.transitions import change_run_state
from sending.states import DeliveryState, RunState
from tests.campaigns.factories import (
    make_account,
    make_campaign,
    make_delivery,
    make_list,
    make_run,
)
from tests.campaigns.notifications.conftest import Time, mail_server, time
from tests.campaigns.notifications.servers import Server
from tests.campaigns.notifications.test_a_kill import database_url
from tests.commandline import manage
from tests.running_stack import ROOT

__all__ = ["mail_server", "time"]  # fixtures
SHANGHAI = ZoneInfo("Asia/Shanghai")
NINE = datetime(2026, 11, 30, 9, tzinfo=SHANGHAI)  # a Monday


@pytest.fixture
def alice(db: None) -> User:
    """A user who may see reports."""
    user = User.objects.create_user("alice", "alice@example.com", "x")
    user.user_permissions.add(
        *Permission.objects.filter(codename__in=("view_campaignrun", "view_campaign"))
    )
    return User.objects.get(pk=user.pk)


def at(moment: datetime, clock: Time) -> None:
    """Let it be this moment."""
    clock.ahead = moment - datetime.now(UTC)


def scheduled(*users: User, every: str = "weekly@mon 09:00", **more: Any) -> SavedReport:
    report = save_report(name="=weekly", period=more.pop("period", "last-7-days"), **more)
    return schedule_report(report=report, every=every, timezone="Asia/Shanghai", recipients=users)


def planned(name: str, when: datetime, **states: int) -> CampaignRun:
    run = make_run(make_campaign(name), planned_at=when)
    for state, n in states.items():
        Tally.objects.create(run=run, kind="state", key=state, shard=1, n=n)
    return run


# --- periods ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "today", "since", "until"),
    [
        ("yesterday", date(2026, 3, 1), date(2026, 2, 28), date(2026, 2, 28)),
        ("last-7-days", date(2026, 11, 30), date(2026, 11, 23), date(2026, 11, 29)),
        ("last-30-days", date(2026, 11, 30), date(2026, 10, 31), date(2026, 11, 29)),
        ("last-week", date(2026, 11, 30), date(2026, 11, 23), date(2026, 11, 29)),
        ("last-week", date(2026, 11, 29), date(2026, 11, 16), date(2026, 11, 22)),
        ("this-month", date(2026, 11, 30), date(2026, 11, 1), date(2026, 11, 29)),
        ("this-month", date(2026, 12, 1), date(2026, 11, 1), date(2026, 11, 30)),
        ("last-month", date(2026, 3, 31), date(2026, 2, 1), date(2026, 2, 28)),
        ("last-month", date(2027, 1, 1), date(2026, 12, 1), date(2026, 12, 31)),
    ],
)
def test_a_period_is_read_on_a_day(period: str, today: date, since: date, until: date) -> None:
    assert days_of(period, today) == (since, until)


@pytest.mark.parametrize("period", ReportPeriod.values)
def test_no_period_holds_today(period: str) -> None:
    for day in (date(2026, 1, 1) + timedelta(days=n) for n in range(400)):
        since, until = days_of(period, day)
        assert since <= until < day


# --- saving and scheduling ----------------------------------------------------------------------


def test_a_report_of_the_same_name_is_changed(db: None) -> None:
    vip = Label.objects.create(name="VIP")
    first = save_report(name="Weekly", period="last-week", chosen=ReportFilter(labels=(vip,)))
    again = save_report(name="weekly", period="yesterday")
    assert again.pk == first.pk
    assert (again.period, again.label) == ("yesterday", None)


def test_a_label_that_the_previous_version_changed_counts(db: None) -> None:
    vip, spring, late = (Label.objects.create(name=name) for name in ("VIP", "spring", "late"))
    report = save_report(name="w", period="yesterday", chosen=ReportFilter(labels=(vip, spring)))
    assert filter_of(report).labels == (vip, spring)
    SavedReport.objects.update(label=late)
    assert filter_of(SavedReport.objects.get()).labels == (late,)
    SavedReport.objects.update(label=None)
    assert filter_of(SavedReport.objects.get()).labels == ()


def test_what_a_report_is_about_is_not_deleted(db: None) -> None:
    """Without it, the report would be about everything."""
    campaign, account = make_campaign("spring"), make_account(10_001)
    label, other = Label.objects.create(name="VIP"), Label.objects.create(name="b")
    chosen = ReportFilter((label, other), (campaign,), (account,))
    save_report(name="weekly", period="yesterday", chosen=chosen)
    for row in (campaign, account, label, other):
        assert any("weekly" in str(sentence) for sentence in uses_of(row).blocking), row


def test_a_report_is_about_so_many_at_most(db: None) -> None:
    labels = tuple(Label.objects.create(name=f"l{n}") for n in range(101))
    with pytest.raises(Refusal) as refused:
        save_report(name="w", period="yesterday", chosen=ReportFilter(labels=labels))
    assert refused.value.code == "filter_many"


@pytest.mark.parametrize(
    ("name", "period", "code"), [("w", "ever", "period_unknown"), (" ", "yesterday", "name_empty")]
)
def test_what_cannot_be_saved(name: str, period: str, code: str, db: None) -> None:
    with pytest.raises(Refusal) as refused:
        save_report(name=name, period=period)
    assert refused.value.code == code or name == " "


def test_a_label_with_reports_is_kept(db: None) -> None:
    vip = Label.objects.create(name="VIP")
    save_report(name="weekly", period="last-week", chosen=ReportFilter(labels=(vip,)))
    assert any("weekly" in str(sentence) for sentence in uses_of(vip).blocking)


@pytest.mark.parametrize(
    ("every", "zone", "code"),
    [
        ("weekly@never 09:00", "UTC", "repeat_malformed"),
        ("cron@* * * * *", "UTC", "repeat_malformed"),
        ("daily@09:00", "Mars/Base", "timezone_unknown"),
    ],
)
def test_dates_that_make_no_sense(every: str, zone: str, code: str, alice: User) -> None:
    report = save_report(name="w", period="yesterday")
    with pytest.raises(Refusal) as refused:
        schedule_report(report=report, every=every, timezone=zone, recipients=[alice])
    assert refused.value.code == code
    assert SavedReport.objects.get().next_at is None


def test_who_cannot_get_reports(alice: User) -> None:
    bob = User.objects.create_user("bob", "bob@example.com")
    restricted = User.objects.create_user("part", "part@example.com", is_staff=True)
    Restriction.objects.create(user=restricted)
    silent = User.objects.create_superuser("silent")
    cases: list[tuple[list[User], str]] = [
        ([bob], "recipient_right"),
        ([silent], "recipient_address"),
        ([], "recipients_none"),
        ([alice, restricted], "recipient_restricted"),
    ]
    for users, code in cases:
        with pytest.raises(Refusal) as refused:
            scheduled(*users)
        assert refused.value.code == code
    choose_for_user(user=silent, events=["finished"], address="own@example.com")
    assert scheduled(silent).recipients.get() == silent


# --- the mails ----------------------------------------------------------------------------------


def test_a_mail_says_the_figures_and_has_the_runs(
    alice: User, mail_server: Server, time: Time, settings: Any
) -> None:
    settings.CONSOLE_URL = "https://console.example.com/"
    at(NINE - timedelta(days=2), time)
    scheduled(alice)
    planned("=spring", NINE - timedelta(days=1), sent=1_234, failed=6)
    planned("too early", NINE - timedelta(days=8), sent=5)
    assert make_mails() == 0  # not due
    at(NINE + timedelta(seconds=1), time)
    assert make_mails() == 1
    assert make_mails() == 0
    assert send_mails() == 1
    assert send_mails() == 0
    [message] = mail_server.taken
    assert message["To"] == "alice@example.com"
    assert message["Subject"] == "=weekly: 2026-11-23 – 2026-11-29"
    body = message.get_body().get_content()
    assert "sent: 1,234" in body
    assert "failed: 6" in body
    assert "https://console.example.com/reports/?since=2026-11-23&until=2026-11-29" in body
    [file] = list(message.iter_attachments())
    assert file.get_content_type() == "text/csv"
    rows = list(csv.DictReader(io.StringIO(_content(file))))
    assert [(row["campaign"], row["sent"]) for row in rows] == [("'=spring", "1234")]
    mail = ReportMail.objects.get()
    assert (mail.state, mail.tries, mail.due_at) == ("sent", 1, NINE)
    assert SavedReport.objects.get().next_at == NINE + timedelta(days=7)


def _content(file: Any) -> str:
    content = file.get_content()
    return content.decode("utf-8-sig") if isinstance(content, bytes) else content.lstrip("\ufeff")


def test_a_user_reads_their_own_language(alice: User, mail_server: Server, time: Time) -> None:
    choose_for_user(user=alice, events=["finished"], address="a@b.example", language="zh-hans")
    at(NINE - timedelta(days=1), time)
    scheduled(alice)
    at(NINE, time)
    make_mails()
    send_mails()
    [message] = mail_server.taken
    assert message["To"] == "a@b.example"
    assert "这段时间" in message.get_body().get_content()


def test_only_the_newest_date_that_was_missed_is_sent(
    alice: User, mail_server: Server, time: Time
) -> None:
    at(NINE - timedelta(days=1), time)
    scheduled(alice, every="daily@09:00")
    at(NINE + timedelta(days=5, hours=2), time)
    assert make_mails() == 1
    mail = ReportMail.objects.get()
    assert mail.due_at == NINE + timedelta(days=5)
    assert mail.until == date(2026, 12, 4)
    assert SavedReport.objects.get().next_at == NINE + timedelta(days=6)


def test_while_mail_is_off_no_date_passes(
    alice: User, mail_server: Server, time: Time, settings: Any
) -> None:
    settings.EMAIL_IS_ON = False
    at(NINE - timedelta(days=1), time)
    scheduled(alice)
    at(NINE + timedelta(hours=1), time)
    assert make_mails() == 0
    assert send_mails() == 0
    assert SavedReport.objects.get().next_at == NINE
    assert "E-mail is off" in manage("report", "saved").out
    settings.EMAIL_IS_ON = True
    assert make_mails() == 1


def test_who_may_no_longer_see_reports_gets_none(
    alice: User, mail_server: Server, time: Time
) -> None:
    at(NINE - timedelta(days=1), time)
    report = scheduled(alice)
    at(NINE, time)
    make_mails()
    alice.user_permissions.clear()
    assert send_mails() == 0
    mail = ReportMail.objects.get()
    assert (mail.state, mail_server.taken) == ("failed", [])
    assert "may not see reports" in mail.last_error
    at(NINE + timedelta(days=7), time)
    assert make_mails() == 0  # and it goes on to the next date
    report.refresh_from_db()
    assert report.next_at == NINE + timedelta(days=14)


def test_two_processes_make_one_mail(alice: User, mail_server: Server, time: Time) -> None:
    at(NINE - timedelta(days=1), time)
    report = scheduled(alice)
    at(NINE, time)
    assert make_mails() == 1
    SavedReport.objects.update(next_at=report.next_at)  # as the second one has read it
    assert make_mails() == 0 or ReportMail.objects.count() == 1
    assert ReportMail.objects.count() == 1


@pytest.mark.parametrize("answer", ["451 later", "550 no such box"])
def test_a_definite_refusal_is_tried_again_and_given_up(
    answer: str, alice: User, mail_server: Server, time: Time
) -> None:
    mail_server.answer = answer
    at(NINE - timedelta(days=1), time)
    scheduled(alice)
    at(NINE, time)
    make_mails()
    for n, pause in enumerate(PAUSES, 1):
        assert send_mails() == 0
        mail = ReportMail.objects.get()
        assert (mail.state, mail.tries) == ("queued", n)
        assert answer.split()[0] in mail.last_error
        time.ahead += timedelta(seconds=pause)
    send_mails()
    mail.refresh_from_db()
    assert (mail.state, mail.tries) == ("failed", MOST_TRIES)


def test_a_server_that_cannot_be_reached_is_tried_again(
    alice: User, mail_server: Server, time: Time, settings: Any
) -> None:
    at(NINE - timedelta(days=1), time)
    scheduled(alice)
    at(NINE, time)
    make_mails()
    settings.EMAIL_PORT, right = 1, settings.EMAIL_PORT
    assert send_mails() == 0
    assert ReportMail.objects.get().state == "queued"
    settings.EMAIL_PORT = right
    time.ahead += timedelta(seconds=PAUSES[0])
    assert send_mails() == 1
    assert len(mail_server.taken) == 1


def test_a_connection_that_breaks_leaves_it_unknown(
    alice: User, mail_server: Server, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server takes the mail and says so too slowly."""
    monkeypatch.setattr(send, "LONGEST", 1.0)
    mail_server.drip = 5.0
    at(NINE - timedelta(days=1), time)
    scheduled(alice)
    at(NINE, time)
    make_mails()
    original = mail_server.RequestHandlerClass._say  # type: ignore[attr-defined]

    def say(handler: Any, words: str) -> None:
        if words.startswith("250 taken"):
            import time as clock

            clock.sleep(2.5)
        original(handler, words)

    monkeypatch.setattr(mail_server.RequestHandlerClass, "_say", say)
    assert send_mails() == 0
    mail = ReportMail.objects.get()
    assert (mail.state, len(mail_server.taken)) == ("unknown", 1)
    time.ahead += timedelta(days=1)
    assert send_mails() == 0
    assert len(mail_server.taken) == 1


def test_after_a_restore_nothing_is_sent_twice(
    alice: User, mail_server: Server, time: Time
) -> None:
    at(NINE - timedelta(days=1), time)
    scheduled(alice)
    at(NINE, time)
    make_mails()
    at(NINE + timedelta(days=8), time)
    forget_open_mails()
    assert ReportMail.objects.get().state == "unknown"
    assert SavedReport.objects.get().next_at == NINE + timedelta(days=14)
    assert make_mails() == 0
    assert send_mails() == 0
    assert mail_server.taken == []


def test_a_report_that_is_stopped_or_deleted(alice: User, time: Time, settings: Any) -> None:
    settings.EMAIL_IS_ON = True
    at(NINE - timedelta(days=1), time)
    report = stop_report(report=scheduled(alice))
    with pytest.raises(Refusal) as refused:
        stop_report(report=report)
    assert refused.value.code == "not_scheduled"
    at(NINE, time)
    assert make_mails() == 0
    delete_report(report=report)
    assert not SavedReport.objects.exists()


def test_old_mails_are_removed_with_the_notifications(
    alice: User, mail_server: Server, time: Time
) -> None:
    at(NINE - timedelta(days=1), time)
    scheduled(alice, every="daily@09:00")
    for day in range(3):
        at(NINE + timedelta(days=day), time)
        make_mails()
    send_mails()
    ReportMail.objects.filter(due_at=NINE).update(state="queued")
    assert prune.count_old(NINE + timedelta(days=2)) == 1
    assert prune.remove_some(NINE + timedelta(days=2)) == 1
    assert prune.remove_some(NINE + timedelta(days=2)) == 0
    assert ReportMail.objects.count() == 2
    assert not Notification.objects.exists()


PROGRAM = """
import django
django.setup()
from campaigns.saved_reports.send import send_mails
send_mails()
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_process_that_is_killed_sends_no_second_one(
    mail_server: Server, time: Time, tmp_path: Path
) -> None:
    alice = User.objects.create_superuser("alice", "alice@example.com", "x")
    at(NINE - timedelta(days=1), time)
    scheduled(alice)
    at(NINE, time)
    make_mails()
    ReportMail.objects.update(next_at=datetime.now(UTC) - timedelta(seconds=1))
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "qqcampaign.settings",
        "DATABASE_URL": database_url(),
        "QQCAMPAIGN_HOME": str(tmp_path),
        "QQCAMPAIGN_FAILPOINTS": "after_report_mail=1",
        "EMAIL_URL": f"smtp://127.0.0.1:{mail_server.port}",
        "EMAIL_FROM": "campaigns@example.com",
    }
    killed = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=environment, capture_output=True,
        text=True, timeout=120, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert ReportMail.objects.get().state == "sending"
    time.ahead = timedelta(seconds=PRESUMED_DEAD_SECONDS + 1)
    assert send_mails() == 0
    assert ReportMail.objects.get().state == "unknown"
    assert len(mail_server.taken) == 1


def test_a_mail_says_what_it_is_about(
    alice: User, mail_server: Server, time: Time, settings: Any
) -> None:
    settings.CONSOLE_URL = "https://console.example.com"
    at(NINE - timedelta(days=2), time)
    run = of_accounts(3, 1)
    run.planned_at = NINE - timedelta(days=1)
    run.save()
    account = Account.objects.get(uin=10_002)
    scheduled(alice, chosen=ReportFilter(campaigns=(run.campaign,), accounts=(account,)))
    at(NINE, time)
    make_mails()
    assert send_mails() == 1
    [message] = mail_server.taken
    body = message.get_body().get_content()
    assert "Campaign: spring" in body
    assert "Account: 10002" in body
    assert "sent: 1" in body.splitlines()
    assert f"&campaign={run.campaign_id}&account={account.pk}" in body
    [file] = list(message.iter_attachments())
    rows = list(csv.DictReader(io.StringIO(_content(file))))
    assert [(row["campaign"], row["sent"], row["failed"]) for row in rows] == [("spring", "1", "1")]


# --- the command --------------------------------------------------------------------------------


def test_the_command_saves_schedules_and_shows(alice: User, time: Time) -> None:
    Label.objects.create(name="VIP")
    at(NINE - timedelta(days=1), time)
    saved = manage("report", "save", "w", "--period", "last-week", "--label", "vip", "--json")
    assert saved.json == {
        "name": "w", "period": "last-week", "label": "VIP", "labels": ["VIP"], "campaigns": [],
        "accounts": [], "every": None, "timezone": None, "to": [], "next_at": None,
    }  # fmt: skip
    words = ["schedule", "w", "--every", "monthly@31 08:30", "--timezone", "Asia/Shanghai"]
    answer = manage("report", *words, "--to", "alice", "--json").json
    assert (answer["every"], answer["to"], answer["email"]) == (
        "monthly@31 08:30",
        ["alice"],
        False,
    )
    assert answer["next_at"] == "2026-11-30T00:30:00Z"
    assert manage("report", "saved", "--json").json["items"][0]["next_at"] == answer["next_at"]
    assert manage("report", "--saved", "W", "--json").json["total"]["targeted"] == 0
    make_campaign("spring")
    make_account(10_001)
    more = ["--label", "vip", "--campaign", "Spring", "--account", "10001", "--json"]
    again = manage("report", "save", "w", "--period", "last-week", *more).json
    assert (again["labels"], again["campaigns"], again["accounts"]) == (
        ["VIP"],
        ["spring"],
        [10_001],
    )
    assert again["every"] == "monthly@31 08:30"
    assert manage("report", "--saved", "w", "--json").json["filter"] == {
        "labels": ["VIP"], "campaigns": ["spring"], "accounts": [10_001],
    }  # fmt: skip
    assert "Campaign: spring" in manage("report", "saved").out
    refused = manage("report", "--campaign", "nobody", "--json")
    assert (refused.status, refused.json["error"]) == (1, "campaign_unknown")
    refused = manage("report", "--account", "10009", "--json")
    assert (refused.status, refused.json["error"]) == (1, "account_unknown")
    refused = manage("report", "--saved", "w", "--account", "10001", "--json")
    assert refused.json["error"] == "saved_and_more"
    refused = manage("report", "--saved", "w", "--label", "VIP", "--json")
    assert (refused.status, refused.json["error"]) == (1, "saved_and_more")
    unknown = manage("report", "schedule", "x", "--every", "daily@09:00", "--to", "alice", "--json")
    assert unknown.json["error"] == "report_unknown"
    assert manage("report", "mails", "--json").json == {"email": False, "items": [], "next": None}
    assert manage("report", "unschedule", "w", "--json").json["every"] is None
    assert manage("report", "delete", "w", "--json").json == {"deleted": "w"}
    assert manage("report", "save", "w").status == 2


# --- by account ---------------------------------------------------------------------------------


def of_accounts(*sent: int) -> CampaignRun:
    """Make a run with so many deliveries that were sent by each account, and one that failed."""
    run = make_run(make_campaign("spring"), planned_at=NINE)
    uin = 200_000
    for n, many in enumerate(sent):
        account = make_account(10_001 + n)
        for state in ("sent",) * many + ("failed",):
            uin += 1
            make_list("members", [uin])
            make_delivery(run, Contact.objects.get(uin=uin), account=account, state=state)
    return run


def by_account() -> tuple[dict[int, int], int]:
    day = NINE.date()
    report = report_of_period(since=day, until=day)
    found = {account.uin: one.sent for account, one in report.accounts}
    return found, report.accounts_left_out


def test_figures_by_account_add_up(db: None) -> None:
    of_accounts(3, 1)
    assert by_account() == ({10_001: 3, 10_002: 1}, 0)
    day = NINE.date()
    data = report_of_period(since=day, until=day).as_data()
    assert [one["account"] for one in data["accounts"]] == [10_001, 10_002]
    assert sum(one["sent"] for one in data["accounts"]) == data["total"]["sent"]


def test_chosen_accounts_have_their_own_figures(db: None) -> None:
    run = of_accounts(3, 1)
    run.deliveries.filter(state="failed").update(reason="RES_5")
    other = make_run(make_campaign("other"), planned_at=NINE)
    make_delivery(
        other,
        Contact.objects.earliest("pk"),
        account=make_account(10_003),
        state=DeliveryState.SENT,
    )
    account = Account.objects.get(uin=10_001)
    reply = run.deliveries.filter(account=account, state="sent")[0]
    Reply.objects.create(delivery=reply, run=run, at=NINE)
    mine = run.deliveries.filter(account__uin=10_002, state="sent")[0]
    Reply.objects.create(delivery=mine, run=run, at=NINE)

    def of_the_first() -> dict[str, Any]:
        report = report_of_period(
            since=NINE.date(), until=NINE.date(), chosen=ReportFilter(accounts=(account,))
        )
        return report.as_data()

    for _kept in range(2):
        data = of_the_first()
        assert [(one["campaign"], one["sent"], one["failed"]) for one in data["runs"]] == [
            ("spring", 3, 1)
        ]
        assert (data["total"]["targeted"], data["total"]["replied"]) == (4, 1)
        assert [one["account"] for one in data["accounts"]] == [10_001]
        assert data["reasons"] == [{"state": "failed", "reason": "RES_5", "n": 1}]
        assert (data["days"], data["hours"]) == ([], [])
        assert data["filter"] == {"labels": [], "campaigns": [], "accounts": [10_001]}
        # The second time, from what was kept.
        change_run_state(run_id=run.pk, to=RunState.FINISHED)
        assert count_ended_runs() == (1 if not _kept else 0)
    run.deliveries.all().update(reason="other")
    assert of_the_first()["reasons"][0]["reason"] == "RES_5"
    AccountsOfRun.objects.update(reasons=None)  # kept by the previous version
    assert of_the_first()["reasons"][0]["reason"] == "other"
    assert count_ended_runs() == 1


def test_a_run_that_is_too_large_is_left_out_until_it_was_counted(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = of_accounts(3, 1)
    monkeypatch.setattr(counting, "COUNTED_AT_ONCE", 5)
    assert by_account() == ({}, 1)
    assert count_ended_runs() == 0  # it is running
    change_run_state(run_id=run.pk, to=RunState.FINISHED)
    assert count_ended_runs() == 1
    assert count_ended_runs() == 0
    assert by_account() == ({10_001: 3, 10_002: 1}, 0)


def test_kept_figures_hold_only_as_long_as_the_run_does_not_change(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = of_accounts(2)
    change_run_state(run_id=run.pk, to=RunState.FINISHED)
    count_ended_runs()
    monkeypatch.setattr(counting, "COUNTED_AT_ONCE", 0)
    states = Counter({"sent": 2, "failed": 1})
    assert accounts_of_runs({run.pk: states}).left_out == 0
    Tally.objects.create(run=run, kind="state", key="sent", shard=9)
    Tally.objects.filter(key="sent", shard=9).update(n=1)  # an unknown one was decided
    assert accounts_of_runs({run.pk: Counter({"sent": 3, "failed": 1})}).left_out == 1
    assert count_ended_runs() == 1
    assert AccountsOfRun.objects.get().states == {"failed": 1, "sent": 3}
