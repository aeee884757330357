"""The settings of logs and traces."""

from __future__ import annotations

import os
from typing import Any

from qqcampaign import environment


def read_log_format(problems: list[str]) -> str:
    """Return how log lines are written: "line" or "json"; a problem is added to the list."""
    try:
        found = environment.read(os.environ, "LOG_FORMAT", "line")
    except environment.EnvironmentProblem as problem:
        problems.append(str(problem))
        return "line"
    if found in ("line", "json"):
        return found
    problems.append("LOG_FORMAT cannot be used: write json, or leave it out.")
    return "line"


def read_collector(problems: list[str]) -> str:
    """Return the URL of the collector of traces, or ""; a problem is added to the list."""
    try:
        found = environment.read(os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT", "")
    except environment.EnvironmentProblem as problem:
        problems.append(str(problem))
        return ""
    if not found or environment.is_address(found, "http", "https"):
        return found
    problems.append(
        "OTEL_EXPORTER_OTLP_ENDPOINT cannot be used: write http://host:4318, or leave it out."
    )
    return ""


def logging_config(log_format: str) -> dict[str, Any]:
    """Return Django's LOGGING: everything goes to stderr, as lines or as JSON."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"format": "%(asctime)s %(levelname)-7s %(name)s: %(message)s"},
            "json": {"()": "qqcampaign.json_lines.JsonLines"},
        },
        "filters": {"outages": {"()": "foundation.outage_lines.OutageLines"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": log_format}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            "celery.app.trace": {"level": "WARNING", "filters": ["outages"]},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
            # Callers report an unreachable database themselves.
            "psycopg.pool": {"level": "ERROR"},
        },
    }
