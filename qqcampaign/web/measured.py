"""Middleware: counts and times requests, names them in log lines, and traces them."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from api.request_log.write import begin_writing
from clocks import local
from foundation.log_context import logged
from foundation.tracing import begin_tracing, span
from metrics.catalogue import HTTP_REQUESTS, HTTP_SECONDS
from metrics.publishing import begin_publishing

#: What a proxy may name a request by.
_NAME = re.compile(r"[A-Za-z0-9-]{1,64}")
_counting = threading.Lock()


class Measured:
    """The first middleware: it sees every answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("X-Request-ID", "")
        name = given if _NAME.fullmatch(given) else uuid.uuid4().hex
        began_at = local.elapsed()
        # The method alone: an address may hold a token.
        with (
            logged(request=name, user=lambda: _user_of(request)),
            span(f"HTTP {request.method}", request=name) as traced,
        ):
            answer = self.get_response(request)
            if traced is not None:
                match = request.resolver_match
                traced.set_attribute("http.route", match.route if match else "")
                traced.set_attribute("http.response.status_code", answer.status_code)
        with _counting:
            HTTP_REQUESTS.add(of=f"{answer.status_code // 100}xx")
            HTTP_SECONDS.note(local.elapsed() - began_at)
        answer.headers["X-Request-ID"] = name
        return answer


def _user_of(request: HttpRequest) -> str | None:
    """Return the name of the user if it was read already: a log line makes no query."""
    user = getattr(request, "_cached_user", None)
    return user.get_username() or None if user is not None else None


def begin_measuring() -> None:
    """Publish, trace and log what this process answers, from now on."""
    begin_publishing()
    begin_writing()
    begin_tracing(
        process="web",
        endpoint=settings.OTEL_EXPORTER_OTLP_ENDPOINT,
        version=settings.VERSION,
    )
