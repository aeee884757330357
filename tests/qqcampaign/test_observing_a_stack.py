"""A running stack: a real scrape has every figure, and no log holds a secret or a text."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from qqhttp.simulator import GatewaySimulator
from qqhttp.simulator.population import password_of, populate
from tests.running_stack import ROOT, RunningStack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

METRICS = "marked-metrics-token-8f1c"
TEXT = "marked-text-77aa1b"
TRIED = "marked-tried-password-5d2e"
ALERTS = ROOT / "deploy/prometheus/alerts.yml"
DASHBOARD = ROOT / "deploy/grafana/qqcampaign.json"


def _dashboard_queries() -> list[str]:
    panels = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    return [target["expr"] for panel in panels for target in panel.get("targets", [])]


def _scrape(stack: RunningStack) -> dict[str, float]:
    answer = requests.get(
        f"{stack.url.rstrip('/')}/metrics",
        headers={"Authorization": f"Bearer {METRICS}"},
        timeout=30,
    )
    assert answer.status_code == 200
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(answer.text):
        found.setdefault(family.name, 0.0)
        for sample in family.samples:
            found[sample.name] = found.get(sample.name, 0.0) + sample.value
    return found


def _lines(stack: RunningStack) -> Iterator[dict[str, Any]]:
    for log in (stack.home / "logs").glob("*.log"):
        if log.name == "redis.log":
            continue
        for line in log.read_text("utf-8").splitlines():
            yield json.loads(line)  # every one


@pytest.mark.exhaustive
def test_a_stack_that_ran_a_campaign(
    start_stack: Callable[..., RunningStack], gateway: GatewaySimulator, tmp_path: Path
) -> None:
    stack = start_stack(
        QQ_GATEWAY_URL=gateway.url, METRICS_TOKEN=METRICS, LOG_FORMAT="json", QQ_BREAKER_RUN="9999"
    )
    world = populate(gateway.settings)
    people = sorted({uin for account in world.values() for uin in account.friends})
    _write(tmp_path / "accounts.csv", ("uin", "password"), [(u, password_of(u)) for u in world])
    _write(tmp_path / "people.csv", ("uin",), [(uin,) for uin in people])
    stack.manage("import_accounts", str(tmp_path / "accounts.csv"))
    stack.manage("accounts", "sync", "--all")
    stack.manage("import_contacts", str(tmp_path / "people.csv"), "--list", "all")
    name, password = stack.login
    token = _said(stack, "users", "token", name, "--name", "t")["token"]
    _try_to_sign_in(stack, name)
    stack.manage("campaign", "create", "c", "--list", "all", "--text", f"{TEXT} {{{{ name }}}}")
    api = requests.get(
        f"{stack.url.rstrip('/')}/api/v1/campaigns/c/status",
        headers={"Authorization": f"Bearer {token}", "X-Request-ID": "from-outside-1"},
        timeout=30,
    )
    assert api.headers["X-Request-ID"] == "from-outside-1"
    stack.manage("campaign", "start", "c")
    stack.kill("worker")
    stack.manage("campaign", "wait", "c", "--timeout", "120", timeout=140)
    stack.wait_until(
        lambda: _scrape(stack)["qqcampaign_message_requests_total"] > 0, what="published figures"
    )

    found = _scrape(stack)
    queries = [*_dashboard_queries(), ALERTS.read_text("utf-8")]
    named = {name for query in queries for name in re.findall(r"\bqqcampaign_\w+", query)}
    assert len(named) > 20
    assert named <= set(found)
    for counted in (
        "qqcampaign_ledger_batch_entries_count",
        "qqcampaign_ledger_flush_seconds_sum",
        "qqcampaign_import_rows_total",
        "qqcampaign_http_requests_total",
        "qqcampaign_http_request_seconds_count",
        "qqcampaign_login_failures_total",
        "qqcampaign_jobs_total",
    ):
        assert found[counted] > 0, counted
    assert found["qqcampaign_import_rows_total"] == len(people)

    secrets = [*map(str, map(password_of, world)), METRICS, TEXT, TRIED, token, password]
    logs = [*(stack.home / "logs").glob("*.log")]
    assert len(logs) >= 4
    for log in logs:
        said = log.read_text("utf-8", "replace")
        assert [secret for secret in secrets if secret in said] == [], log.name
    lines = list(_lines(stack))
    assert any(line.get("request") for line in lines)
    assert all(line["at"].endswith("Z") for line in lines)


def _try_to_sign_in(stack: RunningStack, name: str) -> None:
    with requests.Session() as session:
        page = f"{stack.url.rstrip('/')}/login/"
        session.get(page, timeout=30)
        form = {
            "csrfmiddlewaretoken": session.cookies["qqcampaign_csrf"],
            "username": name,
            "password": TRIED,
        }
        assert session.post(page, data=form, headers={"Referer": page}, timeout=30).ok


@pytest.mark.skipif(shutil.which("promtool") is None, reason="Debian's prometheus has promtool")
def test_promtool_accepts_each_query_of_the_dashboard(tmp_path: Path) -> None:
    queries = [query.replace("$__rate_interval", "5m") for query in _dashboard_queries()]
    rules = [{"record": f"r:q{n}", "expr": query} for n, query in enumerate(queries)]
    file = tmp_path / "rules.yml"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    subprocess.run(["promtool", "check", "rules", str(file)], check=True, timeout=60)


def _said(stack: RunningStack, *arguments: str) -> Any:
    return json.loads(stack.manage(*arguments, "--json").stdout)


def _write(path: Path, heading: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([heading, *rows])
