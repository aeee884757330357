"""A request of the log for JSON. The keys are a public interface."""

from __future__ import annotations

from typing import Any

from api.models import ApiRequest
from foundation.times import utc_iso


def request_data(row: ApiRequest) -> dict[str, Any]:
    """Return a request."""
    return {
        "id": row.pk,
        "at": utc_iso(row.at),
        "user": row.who or None,
        "token": row.token_name or None,
        "method": row.method,
        "operation": row.operation or None,
        "status": row.status,
        "error": row.error or None,
        "field": row.field or None,
        "took_ms": row.took_ms,
        "address": row.address or None,
        "request": row.request or None,
        "times": row.times,
    }
