"""Figures for Prometheus, read from the database when they are asked for.

So they are right whatever processes there are and however often they were restarted. What processes
count in memory they publish there, too (`metrics/`). No label holds a UIN, a name or a text.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator

from django.conf import settings
from django.db.models import Count, Min, Model, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from accounts.models import Account, InboundMessage, Outage, Worker
from clocks import shared
from metrics.collecting import ProcessCollector
from metrics.publishing import publish
from sending.models import Run, Tally, TallyKind
from sending.states import ACTIVE_RUN_STATES, DeliveryState, RunState
from webhooks.models import Endpoint, Message
from webhooks.states import MessageState

#: Result codes with a label of their own; the rest are `other`. A gateway may invent codes.
MOST_CODES = 50


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer the figures to who has the token METRICS_TOKEN, or is an administrator signed in."""
    if not _may_read(request):
        return HttpResponse("Give the token METRICS_TOKEN as Bearer.\n", status=403)
    registry = CollectorRegistry()
    publish()  # what this process has counted by now
    registry.register(DatabaseFigures())
    registry.register(ProcessCollector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _may_read(request: HttpRequest) -> bool:
    token = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "")
    if token and hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return True
    return bool(request.user.is_active and request.user.is_superuser)


class DatabaseFigures(Collector):
    """The figures, each by one query."""

    def collect(self) -> Iterator[Metric]:
        """Yield the figures."""
        yield _by_state("qqcampaign_accounts", "Accounts by state.", Account.objects.all())
        yield _by_state("qqcampaign_runs", "Runs by state.", Run.objects.all())
        yield _deliveries()
        yield _results()
        yield _one(
            "qqcampaign_workers", "Workers that run.", Worker.objects.filter(ended_at=None).count()
        )
        yield _one(
            "qqcampaign_outages",
            "Outages of the gateway that go on.",
            Outage.objects.filter(ended_at=None).count(),
        )
        yield _one(
            "qqcampaign_inbox_unhandled",
            "Inbound messages that are not handled yet.",
            InboundMessage.objects.filter(handled=False).count(),
        )
        yield _one(
            "qqcampaign_queue_oldest_seconds",
            "How long ago the first running run was planned that still has messages to send.",
            _queue_age(),
        )
        yield _by_state("qqcampaign_webhooks", "Webhooks by state.", Endpoint.objects.all())
        queue = Message.objects.filter(state=MessageState.QUEUED)
        yield _one("qqcampaign_webhook_backlog", "Messages that wait for webhooks.", queue.count())
        oldest = queue.order_by("pk").values_list("happened_at", flat=True).first()
        age = (shared.wall() - oldest).total_seconds() if oldest else 0.0
        yield _one("qqcampaign_webhook_oldest_seconds", "The age of the first of them.", age)


def _one(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=value)


def _by_state(name: str, words: str, rows: QuerySet[Model]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=["state"])
    for state, n in rows.order_by().values_list("state").annotate(n=Count("pk")):
        family.add_metric([str(state)], n)
    return family


def _deliveries() -> Metric:
    """Deliveries of runs that have not ended: the figures that are kept as the work is done."""
    family = GaugeMetricFamily(
        "qqcampaign_deliveries", "Deliveries of active runs by state.", labels=["state"]
    )
    rows = Tally.objects.filter(kind=TallyKind.STATE, run__state__in=ACTIVE_RUN_STATES)
    for state, n in rows.order_by().values_list("key").annotate(total=Sum("n")):
        family.add_metric([str(state)], n)
    return family


def _queue_age() -> float:
    pending = Tally.objects.filter(
        kind=TallyKind.STATE, key=DeliveryState.PENDING, run__state=RunState.RUNNING
    )
    waiting = pending.order_by().values("run").annotate(left=Sum("n")).filter(left__gt=0)
    runs = Run.objects.filter(pk__in=waiting.values("run"))
    first = runs.aggregate(first=Min("planned_at"))["first"]
    return max(0.0, (shared.wall() - first).total_seconds()) if first else 0.0


def _results() -> Metric:
    """Answers of all runs by result code."""
    family = GaugeMetricFamily(
        "qqcampaign_results", "Answers of the gateway by result code, all runs.", labels=["code"]
    )
    rows = Tally.objects.filter(kind=TallyKind.RES).order_by().values_list("key")
    counted = sorted(rows.annotate(total=Sum("n")), key=lambda row: -row[1])
    for code, n in counted[:MOST_CODES]:
        family.add_metric([str(code)], n)
    if counted[MOST_CODES:]:
        family.add_metric(["other"], sum(n for _code, n in counted[MOST_CODES:]))
    return family
