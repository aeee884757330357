"""Attempts: every CLTMSG request, with its SEQ and its RES."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display

from accounts.models import Account
from campaigns.admin.result_code_colours import CODE_COLOURS
from foundation.admin import ExactTextFilter, ReadOnlyMixin, UncountedAdmin, wall_time
from foundation.display import EMPTY
from sending.admin.code_mark import code_mark
from sending.models import Attempt
from tabular import CellProblem, whole_number

#: The largest number that the column of the SEQ holds.
LARGEST_SEQ = 2**63 - 1


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyMixin, UncountedAdmin):
    """Attempts, read-only. The ledger writes one before each request and adds the answer."""

    list_display = ["to", "account", "seq", "code", "replays", "marked", "finished"]
    # The first column leads to the delivery, and a link cannot hold another.
    list_display_links = ["seq"]
    list_filter = [("account", AutocompleteSelectFilter), ("res", ExactTextFilter)]
    list_select_related = ["account", "delivery"]
    search_fields = ["=seq"]
    search_help_text = _("SEQ")
    empty_sentence = _(
        "Nothing has been sent yet. Every request appears here once a campaign is sending."
    )

    marked = wall_time("marked_at", _("marked at"))
    finished = wall_time("finished_at", _("finished at"))

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Use an order that an index provides for the filter."""
        return ("-seq",) if request.GET.get("account__id__exact") else ("-id",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Attempt], search_term: str
    ) -> tuple[Any, bool]:
        """Search by SEQ: one look-up for each account, by the index that keeps SEQs unique."""
        if not search_term:
            return queryset, False
        try:
            seq = whole_number(search_term, least=0, most=LARGEST_SEQ)
        except CellProblem:
            return queryset.none(), False
        return queryset.filter(account__in=Account.objects.order_by().values("pk"), seq=seq), False

    @display(description=_("to"))
    def to(self, attempt: Attempt) -> str:
        """The recipient, linked to the delivery."""
        return format_html(
            '<a class="text-link" href="{}">{}</a>',
            reverse("admin:sending_delivery_change", args=[attempt.delivery_id]),
            attempt.delivery.uin or EMPTY,
        )

    @display(description="RES", label=CODE_COLOURS)
    def code(self, attempt: Attempt) -> tuple[str, Any]:
        """The code with its meaning."""
        return attempt.res, code_mark(attempt.res)
