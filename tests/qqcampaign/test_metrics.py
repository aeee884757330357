"""Figures for Prometheus: guarded, without UINs, and what they say is so."""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from qqcampaign.json_lines import JsonLines
from tests.campaigns.factories import make_account
from webhooks.endpoints import add_endpoint, send_test

TOKEN = "a token for the metrics"


@pytest.mark.django_db
def test_figures_are_read_by_the_token(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN
    make_account(20_001)
    send_test(endpoint=add_endpoint(name="crm", url="https://example.com/", events=[]))
    answer = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }
    assert found["qqcampaign_accounts", "new"] == 1
    assert found["qqcampaign_webhook_backlog",] == 1
    assert found["qqcampaign_webhooks", "active"] == 1
    assert "20001" not in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(("token", "given"), [("", "Bearer "), (TOKEN, "Bearer x"), (TOKEN, "")])
def test_figures_are_closed_to_others(
    client: Client, settings: Any, token: str, given: str
) -> None:
    settings.METRICS_TOKEN = token
    assert client.get("/metrics", headers={"authorization": given}).status_code == 403
    client.force_login(User.objects.create_user("op"))
    assert client.get("/metrics", headers={"authorization": given}).status_code == 403


def test_a_log_line_is_json() -> None:
    try:
        raise ValueError("no")
    except ValueError:
        trace = sys.exc_info()
    record = logging.LogRecord("a", logging.ERROR, "f", 1, "run %d\nfailed", (3,), trace)
    line = JsonLines().format(record)
    assert "\n" not in line
    said = json.loads(line)
    assert (said["message"], said["level"]) == ("run 3\nfailed", "ERROR")
    assert "ValueError" in said["trace"]


@pytest.mark.skipif(shutil.which("promtool") is None, reason="Debian's prometheus has promtool")
def test_promtool_accepts_the_alerts() -> None:
    alerts = Path(__file__).parents[2] / "deploy/prometheus/alerts.yml"
    subprocess.run(["promtool", "check", "rules", str(alerts)], check=True, timeout=60)
