"""The list of workers."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.models import Worker
from accounts.querysets.worker import PRESUMED_DEAD_SECONDS
from clocks import shared
from foundation.admin import ConsoleAdmin, ReadOnlyMixin, wall_time


@admin.register(Worker)
class WorkerAdmin(ReadOnlyMixin, ConsoleAdmin):
    """Workers, a row for each start of a process; the workers write the rows."""

    list_display = [
        "hostname",
        "state",
        "egress",
        "held_accounts",
        "pid",
        "version",
        "started_at",
        "heartbeat",
        "ended_at",
    ]
    list_filter = ["egress", ("ended_at", admin.EmptyFieldListFilter)]
    list_select_related = ["egress"]
    search_fields = ["hostname", "egress__name"]
    heartbeat = wall_time("heartbeat_at", _("last heartbeat"))
    empty_sentence = _(
        "No worker has started yet. Start one with `manage.py up`: without a worker no account "
        "logs in and nothing is sent."
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the workers with the number of accounts they hold."""
        return super().get_queryset(request).annotate(held=Count("leases"))

    @display(
        description=_("state"),
        label={"living": "success", "silent": "warning", "ended": "info"},
    )
    def state(self, worker: Worker) -> tuple[str, Any]:
        """Return living, silent or ended, which selects the colour, and the label."""
        if worker.ended_at is not None:
            return "ended", worker.end_reason or _("ended")
        silence = (shared.now() - worker.heartbeat_at).total_seconds()
        return (
            ("silent", _("silent")) if silence > PRESUMED_DEAD_SECONDS else ("living", _("living"))
        )

    @display(description=_("accounts"), ordering="held")
    def held_accounts(self, worker: Any) -> int:
        """Return the number of accounts that the worker holds now."""
        return worker.held
