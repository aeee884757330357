"""Asserts that every figure of a run, wherever it is told, leads to its rows and adds up."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from campaigns.models import CampaignRun
from campaigns.reports.check_sums import check_sums
from sending.models import Delivery
from sending.runs.figures import check_figures
from sending.states import DeliveryState
from tests.commandline import manage

STATES = list(DeliveryState.values)


def assert_figures_everywhere(run: CampaignRun, client: Client, folder: Path) -> None:
    """Assert it for the command line and for the console.

    Args:
        run: the run.
        client: a client that an operator has signed in.
        folder: where the report may be written.
    """
    assert check_figures(run=run) == []
    assert check_sums(run) == []
    rows = Counter(Delivery.objects.filter(run=run).values_list("state", flat=True))
    _assert_commands(run, rows, folder)
    cache.clear()  # pages keep their figures for seconds, and time is driven
    _assert_pages(run, rows, client)


def _assert_commands(run: CampaignRun, rows: Counter[str], folder: Path) -> None:
    named = (run.campaign.name, "--run", run.number)
    status = manage("campaign", "status", *named, "--json").json
    assert {state: status[state] for state in STATES} == {state: rows[state] for state in STATES}
    assert status["targeted"] == rows.total() == sum(status[state] for state in STATES)
    for state in ("skipped", "failed", "cancelled", "unknown"):
        assert sum(status["reasons"].get(state, {}).values()) == status[state], state
    for by in ("account", "hour"):
        items = manage("campaign", "figures", *named, "--by", by, "--json").json["items"]
        for state in ("targeted", *STATES):
            assert sum(item[state] for item in items) == status[state], (by, state)
    items = manage("campaign", "figures", *named, "--by", "variant", "--json").json["items"]
    for state in ("sent", "failed", "cancelled", "unknown"):
        assert sum(item[state] for item in items) == status[state], ("variant", state)
    file = folder / f"{run.pk}.json"
    written = manage("campaign", "report", *named, "--format", "json", "--out", file)
    assert written.status == 0, written
    report = json.loads(file.read_text(encoding="utf-8"))
    assert Counter(row["state"] for row in report) == +rows
    by_variant = Counter(row["variant"] for row in report if row["state"] == "sent")
    assert by_variant == +Counter({item["variant"]: item["sent"] for item in items})
    replied = sum(1 for row in report if row["replied_at"])
    assert replied == sum(item["replied"] for item in items)


def _assert_pages(run: CampaignRun, rows: Counter[str], client: Client) -> None:
    query = {"run": run.number}
    for name in ("live", "figures"):
        address = reverse(f"admin:campaigns_campaign_{name}", args=[run.campaign_id])
        context = client.get(address, query).context
        if name == "live":
            assert context["targeted"] == rows.total()
            assert sum(line.n for line in context["states"]) == rows.total()
            figures = [
                (line.n, line.address)
                for part in ("states", "codes", "reasons")
                for line in context[part]
            ]
        else:
            parts = [context["accounts"], context["hours"]]
            assert [sum(row.total for row in part) for part in parts] == 2 * [rows.total()]
            figures = [
                cell
                for part in parts
                for row in part
                for cell in ((row.total, row.address), *row.cells)
            ]
        _assert_lead_to_rows(figures, client)
    address = reverse("admin:campaigns_campaign_variants", args=[run.campaign_id])
    response = client.get(address, query)
    if response.status_code == 404:
        assert not run.text_shares or not run.text_shares[0]["variant"]
        return
    for row in response.context["rows"]:
        cells = [row["assigned"], *row["states"], row["replied"], row["opted_out"]]
        _assert_lead_to_rows([(cell.n, cell.address) for cell in cells if cell.address], client)


def _assert_lead_to_rows(figures: list[tuple[Any, str]], client: Client) -> None:
    for n, address in dict.fromkeys(figures):
        shown = client.get(address)
        assert shown.status_code == 200, address
        assert shown.context["cl"].queryset.count() == n, dict(parse_qsl(urlsplit(address).query))
