"""Spans for OpenTelemetry. Without a collector a span costs one call and does nothing.

The library is optional (requirements-tracing.txt) and imported only when a process begins to trace.
A span never holds a message of an exception: it could quote a text or a secret.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import import_module
from importlib.util import find_spec
from typing import Any

Attributes = Mapping[str, str | int | float | bool]
_NOTHING: AbstractContextManager[Any] = nullcontext()
_tracer: Any = None


def is_installed() -> bool:
    """Return whether spans can be sent."""
    try:
        return find_spec("opentelemetry.exporter.otlp.proto.http") is not None
    except ModuleNotFoundError:
        return False


def begin_tracing(*, process: str, endpoint: str, version: str) -> Any:
    """Send the spans of this process to a collector from now on; return what sends them.

    Does nothing, and returns None, without an endpoint or the library; a system check says so.

    Args:
        process: the kind of process: web, worker, jobs.
        endpoint: the collector's URL, from OTEL_EXPORTER_OTLP_ENDPOINT.
        version: ours.
    """
    global _tracer
    if not endpoint or not is_installed():
        return None
    sdk = import_module("opentelemetry.sdk.trace")
    export = import_module("opentelemetry.sdk.trace.export")
    resources = import_module("opentelemetry.sdk.resources")
    otlp = import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    provider = sdk.TracerProvider(
        resource=resources.Resource.create(
            {"service.name": f"qqcampaign-{process}", "service.version": version}
        )
    )
    url = f"{endpoint.rstrip('/')}/v1/traces"
    provider.add_span_processor(export.BatchSpanProcessor(otlp.OTLPSpanExporter(endpoint=url)))
    _tracer = provider.get_tracer("qqcampaign")
    return provider


def span(name: str, **attributes: str | int | float | bool) -> AbstractContextManager[Any]:
    """Return a span around a block; what it yields takes `set_attribute`, or is None.

    Args:
        name: what is done, without ids.
        attributes: ids and figures; never a secret, never a text.
    """
    if _tracer is None:
        return _NOTHING
    return _span(name, attributes)


@contextmanager
def _span(name: str, attributes: Attributes) -> Iterator[Any]:
    with _tracer.start_as_current_span(
        name, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as one:
        try:
            yield one
        except BaseException as problem:
            one.set_attribute("error.type", type(problem).__name__)
            raise
