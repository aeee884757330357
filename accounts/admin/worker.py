"""Workers: who proves to be alive, who does not."""

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
from foundation.admin import ConsoleAdmin, ReadOnlyMixin


@admin.register(Worker)
class WorkerAdmin(ReadOnlyMixin, ConsoleAdmin):
    """One row a start of a process; the workers themselves write here."""

    list_display = [
        "hostname",
        "life",
        "egress",
        "lanes",
        "pid",
        "version",
        "started_at",
        "heartbeat_at",
        "ended_at",
    ]
    list_filter = ["egress", ("ended_at", admin.EmptyFieldListFilter)]
    list_select_related = ["egress"]
    search_fields = ["hostname", "egress__name"]
    empty_sentence = _(
        "No worker has ever started. Start one with `manage.py up`: without it nothing logs in "
        "and nothing is sent."
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """Workers with how many accounts they hold."""
        return super().get_queryset(request).annotate(held=Count("leases"))

    @display(
        description=_("state"),
        label={"living": "success", "silent": "warning", "ended": "info"},
    )
    def life(self, worker: Worker) -> tuple[str, Any]:
        """Living, silent or ended, with the reason."""
        if worker.ended_at is not None:
            return "ended", worker.end_reason or _("ended")
        silence = (shared.now() - worker.heartbeat_at).total_seconds()
        return (
            ("silent", _("silent")) if silence > PRESUMED_DEAD_SECONDS else ("living", _("living"))
        )

    @display(description=_("accounts"), ordering="held")
    def lanes(self, worker: Any) -> int:
        """How many accounts it sends for now."""
        return worker.held
