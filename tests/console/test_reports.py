"""The page of the overall report: the period, figures, files, and what is refused."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from audit.models import AuditEntry
from campaigns.models import CampaignRun, SavedReport
from campaigns.saved_reports.keep import save_report
from labels.models import Label
from sending.models import RunMinute
from tests.campaigns.factories import make_account, make_campaign, make_run
from tests.console.sample_data import make_world

PAGE = "/reports/"


def run_of_today() -> CampaignRun:
    run: CampaignRun = make_world().runs.get()
    CampaignRun.objects.update(planned_at=timezone.now())
    minute = int(timezone.now().timestamp()) // 60
    RunMinute.objects.create(run=run, minute=minute, res="0", n=1234)
    return run


def test_an_empty_period_says_so(operator: Client) -> None:
    assert "No campaign has run yet" in operator.get(PAGE).content.decode()
    run = make_run(make_campaign("old"), planned_at=timezone.now() - timedelta(days=90))
    shown = operator.get(PAGE).content.decode()
    assert "No run was planned in this period. Choose another period." in shown
    chosen = operator.get(PAGE, {"campaign": run.campaign_id}).content.decode()
    assert "take out labels, campaigns or accounts" in chosen
    assert "data-chart" not in shown


def test_the_first_page_shows_30_days(operator: Client) -> None:
    run = run_of_today()
    answer = operator.get(PAGE)
    report = answer.context["report"]
    assert (report.until - report.since).days == 29
    shown = answer.content.decode()
    assert f"{run.campaign.name} #1" in shown
    assert "1,234" in shown
    assert f"?run={run.number}" in shown


def test_presets_keep_the_label(operator: Client) -> None:
    run = run_of_today()
    label = Label.objects.create(name="VIP")
    today = timezone.localdate()
    without = operator.get(PAGE, {"label": label.pk})
    assert without.context["report"].runs == []
    run.campaign.labels.add(label)
    shown = operator.get(PAGE, {"label": str(label.pk), "since": str(today), "until": str(today)})
    assert len(shown.context["report"].runs) == 1
    chosen = [words for words, address, is_shown in shown.context["presets"] if is_shown]
    assert chosen == ["Today"]
    assert all(f"label={label.pk}" in address for _w, address, _s in shown.context["presets"])
    assert "By label" in shown.content.decode()


def test_campaigns_and_accounts_are_chosen_and_saved(operator: Client) -> None:
    run = run_of_today()
    other = make_run(make_campaign("other"), planned_at=timezone.now())
    account = make_account(10_077)
    shown = operator.get(f"{PAGE}?campaign={run.campaign_id}&campaign=&label=")
    assert [one.campaign for one, _figures in shown.context["report"].runs] == [run.campaign]
    page = shown.content.decode()
    assert run.campaign.name in page
    assert f"{other.campaign} #1" not in page
    assert f"/reports/saved/?campaign={run.campaign_id}" in page
    assert f"campaign={run.campaign_id}" in shown.context["presets"][0][1]
    by_account = operator.get(PAGE, {"account": account.pk}).content.decode()
    assert "They are not shown while accounts are chosen" in by_account
    assert "days-data" not in by_account
    assert operator.get("/reports/saved/", {"campaign": ["x", "7" * 30]}).status_code == 200
    form = operator.get("/reports/saved/", {"campaign": run.campaign_id}).content.decode()
    assert f'<option value="{run.campaign_id}" selected' in form
    asked = {
        "name": "w", "period": "yesterday", "campaign": [run.campaign_id, other.campaign_id],
        "account": account.pk,
    }  # fmt: skip
    saved = operator.post("/reports/save/", asked, follow=True).content.decode()
    assert "10077" in saved
    address = (
        f"campaign={run.campaign_id}&amp;campaign={other.campaign_id}&amp;account={account.pk}"
    )
    other_way = (
        f"campaign={other.campaign_id}&amp;campaign={run.campaign_id}&amp;account={account.pk}"
    )
    assert address in saved or other_way in saved


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"since": "2026-11-10", "until": "2026-11-09"}, "ends before it begins"),
        ({"since": "2020-01-01", "until": "2026-11-09"}, "longer than 366 days"),
        ({"since": "yesterday"}, "Enter a valid date"),
        ({"label": "7" * 30}, "is not a valid value"),
        ({"campaign": ["1", "x"]}, "is not a valid value"),
        ({"account": "77"}, "Select a valid choice"),
        ({"since": "9999-12-31", "until": "9999-12-31"}, "Choose days from"),
        ({"since": "0001-01-01", "until": "0001-01-02"}, "Choose days from"),
    ],
)
def test_what_cannot_be_shown_says_why(asked: dict[str, str], said: str, operator: Client) -> None:
    answer = operator.get(PAGE, asked)
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert operator.get(f"{PAGE}csv/", asked).status_code == 200


def test_a_file_is_sent_and_noted_in_the_audit_trail(operator: Client) -> None:
    run_of_today()
    answer = operator.get(f"{PAGE}csv/")
    assert answer["Content-Type"].startswith("text/csv")
    assert answer.content.decode("utf-8-sig").startswith("campaign,run,labels,state,planned_at")
    assert operator.get(f"{PAGE}xlsx/").content[:2] == b"PK"
    assert operator.get(f"{PAGE}exe/").status_code == 404
    assert AuditEntry.objects.filter(facts__icontains="report").count() == 2


def test_who_may_not_see_runs_is_refused(client: Client, db: None) -> None:
    user = User.objects.create_user("u", password="x", is_staff=True)
    client.force_login(user)
    assert client.get(PAGE).status_code == 403
    assert client.get(f"{PAGE}csv/").status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_campaignrun"))
    assert (
        client.get(PAGE, {"since": str(timezone.localdate() - timedelta(days=1))}).status_code
        == 200
    )


def test_it_is_chinese_for_chinese_readers(operator: Client) -> None:
    operator.post("/i18n/setlang/", {"language": "zh-hans", "next": "/"})
    run_of_today()
    shown = operator.get(PAGE).content.decode()
    assert "汇总报表" in shown
    assert "星期一" in shown


def test_accounts_have_their_figures(operator: Client) -> None:
    run_of_today()
    shown = operator.get(PAGE).content.decode()
    assert "By account" in shown
    assert "/accounts/account/" in shown
    assert 'id="accounts-title"' in shown


def test_a_report_is_saved_sent_and_deleted_in_the_browser(operator: Client) -> None:
    user = User.objects.get()
    User.objects.update(email="op@example.com")
    answer = operator.post("/reports/save/", {"name": "周报", "period": "last-week"}, follow=True)
    assert "“周报” is saved." in answer.content.decode()
    report = SavedReport.objects.get()
    asked = {
        "kind": "weekly", "weekdays": ["mon", "thu"], "at": "08:30", "day": "1",
        "timezone": "Asia/Shanghai", "to": [str(user.pk)],
    }  # fmt: skip
    address = f"/reports/saved/{report.pk}/mail/"
    assert "op@example.com" in operator.get(address).content.decode()
    shown = operator.post(address, asked, follow=True).content.decode()
    assert "every week on Monday, Thursday at 08:30 (Asia/Shanghai)" in shown
    assert "E-mail is off" in shown
    report.refresh_from_db()
    assert (report.every, list(report.recipients.all())) == ("weekly@mon,thu 08:30", [user])
    verbs = AuditEntry.objects.values_list("verb", flat=True)
    assert AuditEntry.objects.count() >= 2, list(verbs)
    form = operator.get(address).content.decode()
    assert re.search(r'value="thu"[^>]*checked', form)
    operator.post(f"/reports/saved/{report.pk}/stop/")
    report.refresh_from_db()
    assert (report.every, report.next_at) == ("", None)
    assert "Delete" in operator.get(f"/reports/saved/{report.pk}/delete/").content.decode()
    operator.post(f"/reports/saved/{report.pk}/delete/")
    assert not SavedReport.objects.exists()
    assert operator.get(address).status_code == 404


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"to": []}, "Choose at least one user"),
        ({"kind": "hourly"}, "Select a valid choice"),
        ({"timezone": "Mars"}, "Select a valid choice"),
        ({"at": "25:00"}, "Enter a valid time"),
        ({"kind": "monthly", "day": "32"}, "less than or equal to 31"),
        ({"to": ["999"]}, "Select a valid choice"),
    ],
)
def test_mails_that_make_no_sense_say_why(
    changed: dict[str, object], said: str, operator: Client
) -> None:
    User.objects.update(email="op@example.com")
    report = save_report(name="w", period="yesterday")
    asked = {
        "kind": "daily", "at": "09:00", "timezone": "UTC", "to": [str(User.objects.get().pk)],
        **changed,
    }  # fmt: skip
    answer = operator.post(f"/reports/saved/{report.pk}/mail/", asked)
    assert answer.status_code == 200
    assert said in answer.content.decode()
    report.refresh_from_db()
    assert report.next_at is None


def test_viewers_look_and_change_nothing(client: Client, db: None) -> None:
    report = save_report(name="w", period="yesterday")
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.add(
        *Permission.objects.filter(codename__in=("view_campaignrun", "view_savedreport"))
    )
    client.force_login(user)
    shown = client.get("/reports/saved/").content.decode()
    assert "w" in shown
    assert "Save a report" not in shown
    assert client.post("/reports/save/", {"name": "x", "period": "yesterday"}).status_code == 403
    for verb in ("mail", "stop", "delete"):
        assert client.post(f"/reports/saved/{report.pk}/{verb}/").status_code == 403
