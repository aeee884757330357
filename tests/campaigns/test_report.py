"""A run's report has a row for each delivery, with its text unchanged, in each format."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from campaigns.models import CampaignRun
from campaigns.reports import run_report as module
from campaigns.reports.run_report import COLUMNS, write_report
from contacts.models import Contact
from foundation.refusals import Refusal
from foundation.time_sql import UtcIso
from foundation.times import utc_iso
from tests.campaigns.factories import (
    make_account,
    make_campaign,
    make_delivery,
    make_list,
    make_run,
)
from tests.console.sample_data import make_operator

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

TEXT = '你好 100% & more = fine + hi, "quoted"\r\nnext\rline\n😀 =1+1'
SENT_AT = datetime(2026, 3, 2, 4, 5, 6, 789000, tzinfo=UTC)


@pytest.fixture
def run() -> CampaignRun:
    """A run of a variable text: sent, skipped, pending."""
    make_list("members", [100_000, 100_001, 100_002])
    run = make_run(make_campaign(), text="hi {{ name }}")
    account = make_account()
    first, second, third = Contact.objects.order_by("uin")
    sent: Any = {"attempt_count": 2, "last_res": "0", "seq": 77, "sent_at": SENT_AT, "text": TEXT}
    make_delivery(run, first, account=account, **sent)
    make_delivery(run, second, state="skipped", reason="suppressed")
    make_delivery(run, third, state="pending", account=account)
    return run


def written(run: CampaignRun, format: str) -> bytes:
    out = io.BytesIO()
    rows = write_report(run=run, format=format, out=out)
    assert rows == run.deliveries.count()
    assert not out.closed
    return out.getvalue()


def test_the_csv_has_the_columns_in_order_and_the_text_unchanged(run: CampaignRun) -> None:
    data = written(run, "csv")
    columns = b"uin,account,state,reason,attempts,last_res,seq,sent_at,text,variant,replied_at,run"
    assert data.startswith(columns + b"\r\n")
    rows = list(csv.DictReader(io.StringIO(data.decode(), newline="")))
    assert rows[0] == {
        "uin": "100000",
        "account": "20001",
        "state": "sent",
        "reason": "",
        "attempts": "2",
        "last_res": "0",
        "seq": "77",
        "sent_at": "2026-03-02T04:05:06.789000Z",
        "text": TEXT,
        "variant": "",
        "replied_at": "",
        "run": "1",
    }
    assert rows[1]["account"] == rows[1]["sent_at"] == rows[1]["seq"] == ""
    assert (rows[1]["state"], rows[1]["reason"]) == ("skipped", "suppressed")
    assert len(rows) == 3


@pytest.mark.parametrize("microsecond", [0, 1, 500_000, 999_999])
def test_a_time_that_the_database_writes_is_what_python_writes(
    run: CampaignRun, microsecond: int
) -> None:
    at = SENT_AT.replace(microsecond=microsecond)
    run.deliveries.filter(state="sent").update(sent_at=at)
    found = run.deliveries.order_by("pk").values_list(UtcIso("sent_at"), flat=True)
    assert list(found) == [utc_iso(at), None, None]


def test_the_json_is_one_array_of_typed_rows(run: CampaignRun) -> None:
    rows = json.loads(written(run, "json"))
    assert [tuple(row) for row in rows] == [COLUMNS] * 3
    assert (rows[0]["uin"], rows[0]["account"], rows[0]["seq"]) == (100000, 20001, 77)
    assert rows[0]["text"] == TEXT
    assert rows[1]["account"] is rows[1]["sent_at"] is rows[1]["seq"] is None


def test_the_sheet_holds_texts_as_texts(run: CampaignRun) -> None:
    run.deliveries.filter(uin=100_000).update(text="=1+1")
    sheet = load_workbook(io.BytesIO(written(run, "xlsx"))).active
    assert sheet is not None
    rows = [[cell.value for cell in row] for row in sheet.rows]
    assert tuple(rows[0]) == COLUMNS
    assert rows[1][0] == 100000
    text = COLUMNS.index("text")
    assert rows[1][text] == "=1+1"
    assert list(sheet.rows)[1][text].data_type == "s"
    assert rows[2][1] is None


def test_a_long_report_goes_on_in_the_next_sheet(
    run: CampaignRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SHEET_ROWS", 3)
    book = load_workbook(io.BytesIO(written(run, "xlsx")))
    assert [sheet.max_row for sheet in book.worksheets] == [3, 2]
    assert all(sheet["A1"].value == "uin" for sheet in book.worksheets)


@pytest.mark.parametrize(
    ("text", "said"),
    [("hi & bye", "hi & bye"), ("hi {{ name }}", ""), ("{% raw %}x{% endraw %}", "")],
)
def test_rows_without_a_text_get_the_constant_text_of_the_run(
    run: CampaignRun, text: str, said: str
) -> None:
    CampaignRun.objects.filter(pk=run.pk).update(text=text)
    run.refresh_from_db()
    rows = json.loads(written(run, "json"))
    assert [row["text"] for row in rows] == [TEXT, said, said]


@pytest.mark.parametrize("format", ["csv", "json", "xlsx"])
def test_a_run_without_deliveries_has_a_report_without_rows(format: str) -> None:
    run = make_run(make_campaign())
    assert len(written(run, format)) > 2


def test_it_streams(run: CampaignRun, django_assert_num_queries: Any) -> None:
    # What was removed, the texts, the accounts, the rows, the replies, and the count of this test.
    with django_assert_num_queries(6):
        written(run, "csv")


def test_it_refuses_a_format_it_does_not_know(run: CampaignRun) -> None:
    with pytest.raises(Refusal) as refused:
        write_report(run=run, format="pdf", out=io.BytesIO())
    assert refused.value.code == "format_unknown"
    assert "csv, json, xlsx" in refused.value.sentence


def test_what_a_gateway_answered_is_defused_too(run: CampaignRun) -> None:
    run.deliveries.filter(state="sent").update(last_res="=1+1")
    out = io.BytesIO()
    write_report(run=run, format="csv", out=out, defuses_formulas=True)
    (row, *_others) = csv.DictReader(io.StringIO(out.getvalue().decode(), newline=""))
    assert (row["last_res"], row["seq"], row["run"]) == ("'=1+1", "77", "1")


@pytest.mark.parametrize("text", ["=1+1", "+1-2", "-cmd|' /C calc'!A0", "@SUM(1)", "\t=1", "\r=1"])
def test_formulas_are_defused_only_in_what_the_browser_downloads(
    run: CampaignRun, client: Client, text: str
) -> None:
    run.deliveries.filter(state="sent").update(text=text)
    client.force_login(make_operator())
    address = f"/campaigns/campaign/{run.campaign_id}/report/csv/"
    data = b"".join(client.get(address).streaming_content)  # type: ignore[attr-defined]
    (shown,) = list(csv.DictReader(io.StringIO(data.decode(), newline="")))[:1]
    assert shown["text"] == f"'{text}"
    assert (shown["uin"], shown["state"], shown["seq"]) == ("100000", "sent", "77")
    (kept,) = list(csv.DictReader(io.StringIO(written(run, "csv").decode(), newline="")))[:1]
    assert kept["text"] == text
