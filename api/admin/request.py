"""The log of requests to the API, for administrators."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    DropdownFilter,
    RangeDateTimeFilter,
)
from unfold.decorators import display

from api.models import ApiRequest
from api.operations import OPERATIONS
from api.request_log.find import ALL_REFUSED, find_requests
from foundation.admin import ReadOnlyMixin, UncountedAdmin
from foundation.display import EMPTY
from foundation.refusals import Refusal

NO_ADDRESS = _("unknown address")
COLOURS = {2: "success", 3: "info", 4: "warning", 5: "danger"}


class StatusFilter(DropdownFilter):
    """Requests by how they were answered."""

    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Offer the usual ones, and what the address asks for."""
        offered: list[tuple[str, Any]] = [
            (ALL_REFUSED, _("all refused and failed")),
            ("2xx", _("2xx: done")),
            ("4xx", _("4xx: refused")),
            ("5xx", _("5xx: failed")),
            *((code, code) for code in ("400", "401", "403", "404", "409", "422", "429")),
        ]
        asked = request.GET.get(self.parameter_name, "")[:10]
        known = {value for value, _words in offered}
        return offered if not asked or asked in known else [*offered, (asked, asked)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ApiRequest]) -> Any:
        """Return the requests of the status."""
        try:
            return queryset & find_requests(status=self.value() or "")
        except Refusal:
            return queryset.none()


class OperationFilter(DropdownFilter):
    """Requests for one operation."""

    title = _("operation")
    parameter_name = "operation"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer all operations."""
        return [
            (f"{one.method} {one.path}", f"{one.method} {one.path}")
            for one in sorted(OPERATIONS, key=lambda one: (one.path, one.method))
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ApiRequest]) -> Any:
        """Return the requests for it."""
        asked = self.value()
        return queryset if not asked else queryset & find_requests(operation=asked)


@admin.register(ApiRequest)
class ApiRequestAdmin(ReadOnlyMixin, UncountedAdmin):
    """What programs asked for. Nobody changes it."""

    list_display = ["at", "whose", "asked", "answer", "refused", "took", "address"]
    list_display_links = ["at"]
    list_filter = [
        ("token", AutocompleteSelectFilter),
        StatusFilter,
        OperationFilter,
        ("at", RangeDateTimeFilter),
    ]
    list_select_related = ["token"]
    search_fields = ["=who", "=token_name", "=error", "=request", "=address"]
    search_help_text = _("user, token, refusal, request ID or IP address, as a whole")
    ordering = ["-id"]
    fields = [
        ("at", "took_ms"),
        ("who", "token_name"),
        ("method", "operation"),
        ("status", "times"),
        ("error", "field"),
        ("address", "request"),
    ]
    empty_sentence = _(
        "No program has used the API yet. Requests stand here a second after they were answered, "
        "for RETENTION_REQUESTS_DAYS days."
    )
    empty_step = (_("Issue a token"), "admin:api_token_add")

    @display(description=_("user / token"))
    def whose(self, row: ApiRequest) -> str:
        """The user and the token."""
        return f"{row.who} / {row.token_name}" if row.who else str(_("nobody signed in"))

    @display(description=_("operation"))
    def asked(self, row: ApiRequest) -> str:
        """What was asked for."""
        return f"{row.method} {row.operation or NO_ADDRESS}"

    @display(description=_("status"), label={str(key): colour for key, colour in COLOURS.items()})
    def answer(self, row: ApiRequest) -> tuple[str, str]:
        """The status, coloured by its class."""
        return str(row.status // 100), str(row.status)

    @display(description=_("refusal"))
    def refused(self, row: ApiRequest) -> str:
        """The code of the refusal, its parameter, and how often it came in the second."""
        words = f"{row.error}: {row.field}" if row.field else row.error
        times = f" × {row.times}" if row.times > 1 else ""
        return format_html("<code>{}</code>{}", words, times) if words else times or EMPTY

    @display(description=_("took"), ordering="took_ms")
    def took(self, row: ApiRequest) -> str:
        """How long the answer took."""
        return f"{row.took_ms:,} ms"
