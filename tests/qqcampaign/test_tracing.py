"""Traces reach a real OTLP collector, and hold no secret and no text."""

from __future__ import annotations

import csv
import gzip
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks

from foundation import tracing
from foundation.tracing import begin_tracing, is_installed, span
from qqhttp.simulator import GatewaySimulator
from qqhttp.simulator.population import password_of, populate
from tests.running_stack import RunningStack

needs_library = pytest.mark.skipif(
    not is_installed(), reason="requirements-tracing.txt is not installed"
)


class _Collector(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[bytes] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def spans(self) -> list[tuple[str, str]]:
        """Return (service, name) of every span."""
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (  # type: ignore[import-not-found,unused-ignore]
            ExportTraceServiceRequest,
        )

        found = []
        for body in list(self.bodies):
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                named = {one.key: one.value.string_value for one in resource.resource.attributes}
                for scope in resource.scope_spans:
                    found += [(named["service.name"], one.name) for one in scope.spans]
        return found


class _Handler(BaseHTTPRequestHandler):
    server: _Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        if self.path == "/v1/traces":
            self.server.bodies.append(body)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Write no log."""


@contextmanager
def _collector() -> Iterator[_Collector]:
    with _Collector() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def test_without_a_collector_a_span_does_nothing() -> None:
    assert begin_tracing(process="web", endpoint="", version="1") is None
    with span("work", n=1) as traced:
        assert traced is None


def test_a_collector_without_the_library_is_a_sentence(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OTEL_EXPORTER_OTLP_ENDPOINT = "http://127.0.0.1:4318"
    monkeypatch.setattr("qqcampaign.checks.is_installed", lambda: False)
    [found] = [one for one in run_checks() if one.id == "qqcampaign.W010"]
    assert "pip install -r requirements-tracing.txt" in found.msg
    monkeypatch.setattr("foundation.tracing.is_installed", lambda: False)
    assert begin_tracing(process="web", endpoint="http://127.0.0.1:4318", version="1") is None


@needs_library
def test_a_span_holds_no_message_of_an_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "_tracer", None)
    with _collector() as collector:
        provider = begin_tracing(process="web", endpoint=collector.url, version="1")
        with pytest.raises(ValueError, match="marked"), span("work", n=1):
            raise ValueError("a marked secret")
        provider.shutdown()
        assert collector.spans() == [("qqcampaign-web", "work")]
        assert b"marked" not in b"".join(collector.bodies)
        assert b"ValueError" in b"".join(collector.bodies)


@pytest.mark.exhaustive
@needs_library
@pytest.mark.stack
@pytest.mark.timeout(300)
def test_a_stack_traces_requests_tasks_imports_and_flushes(
    start_stack: Callable[..., RunningStack], gateway: GatewaySimulator, tmp_path: Path
) -> None:
    world = populate(gateway.settings)
    people = sorted({uin for account in world.values() for uin in account.friends})
    _write(tmp_path / "accounts.csv", ("uin", "password"), [(u, password_of(u)) for u in world])
    _write(tmp_path / "people.csv", ("uin",), [(uin,) for uin in people])
    with _collector() as collector:
        stack = start_stack(
            QQ_GATEWAY_URL=gateway.url,
            OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
            OTEL_BSP_SCHEDULE_DELAY="500",
            PYTHONPATH=os.environ.get("PYTHONPATH", ""),
        )
        stack.manage("import_accounts", str(tmp_path / "accounts.csv"))
        stack.manage("accounts", "sync", "--all")
        stack.manage("import_contacts", str(tmp_path / "people.csv"), "--list", "all")
        stack.manage("campaign", "create", "c", "--list", "all", "--text", "a marked text")
        stack.manage("campaign", "start", "c")
        stack.manage("campaign", "wait", "c", "--timeout", "120", timeout=140)
        wanted = {
            ("qqcampaign-web", "HTTP GET"),
            ("qqcampaign-worker", "ledger flush"),
            ("qqcampaign-worker", "task sending.tasks.run_lane"),
        }
        stack.wait_until(lambda: wanted <= set(collector.spans()), what=f"{wanted}", seconds=60)
        assert any(service == "qqcampaign-jobs" for service, _name in collector.spans())
        sent = b"".join(collector.bodies)
        secrets = [*map(password_of, world), "a marked text", stack.login[1]]
        assert not [secret for secret in secrets if str(secret).encode() in sent]


def _write(path: Path, heading: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([heading, *rows])
